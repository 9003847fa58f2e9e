local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.call", function()
  local fake, call

  before_each(function()
    fake = ctl_command.install()
    call = require "relay.ctl.call"
  end)

  after_each(ctl_command.remove)

  local function new(is_json)
    return call.new({ arguments = { "x", "a" }, json = is_json },
      { names = { "x" }, commands = { x = { usage = "x ID" } } })
  end

  local COLUMNS = { { title = "N", key = "n", right = true } }

  it("lets no control character through", function()
    new():print("a\27[1m\r\nb\tc\xC2\x9Bd\127")
    assert.are.equal("a\\x1b[1m\\x0d\nb\tc\\x9bd\\x7f\n", fake.answer.out)
  end)

  it("says how a command is used", function()
    assert.are.equal(2, new():misuse("which one?"))
    assert.are.equal("which one?\nusage: ctl x ID\n", fake.answer.err)
  end)

  it("lists for people and for programs", function()
    new():list(COLUMNS, call.each { { n = 1 }, { n = 22 } })
    assert.are.equal(" N\n 1\n22\n", fake.answer.out)
    new(true):list(COLUMNS, call.each { { n = 1 }, { n = 22 } })
    assert.are.same({ { n = 1 }, { n = 22 } }, fake.answer.objects)
  end)

  it("lets the node go on between many rows", function()
    local turns, rows = 0, {}
    fake.relay.sleep = function() turns = turns + 1 end
    for n = 1, 1200 do
      rows[n] = { n = n }
    end
    new():list(COLUMNS, call.each(rows))
    assert.are.equal(4, turns)
    assert.are.equal(1201, select(2, fake.answer.out:gsub("\n", "")))
  end)
end)
