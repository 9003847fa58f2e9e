local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl", function()
  local fake, ctl

  before_each(function()
    fake = ctl_command.install()
    ctl = require "relay.ctl"
  end)

  after_each(ctl_command.remove)

  local function run(request, commands)
    return ctl.run(request, commands or {})
  end

  it("answers every command that it lists", function()
    local handler
    fake.engine.control = function(given)
      handler = given
    end
    ctl.install()
    assert.are.equal(0, handler { arguments = { "help" } })
    for _, name in ipairs(ctl.NAMES) do
      assert.is_truthy(fake.answer.out:find("\n" .. name, 1, true), name)
    end
  end)

  it("hands the words behind the command on, and its exit code back", function()
    local command = { usage = "x", summary = "x", run = function(call)
      assert.are.same({ "a", "b" }, call.arguments)
      assert.is_true(call.json)
      return 7
    end }
    assert.are.equal(7, run({ arguments = { "x", "a", "b" }, json = true }, { x = command }))
  end)

  it("knows the nearest command of an unknown one", function()
    assert.are.equal(2, run { arguments = { "clint" } })
    assert.are.equal("unknown command 'clint' (did you mean 'clients'?); ctl help lists them\n",
      fake.answer.err)
  end)

  it("refuses what is no list of texts", function()
    assert.are.equal(2, run {})
    assert.are.equal(2, run { arguments = { 1 } })
    assert.are.equal(2, run { arguments = "status" })
  end)
end)
