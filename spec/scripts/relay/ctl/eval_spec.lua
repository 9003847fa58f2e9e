local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.eval", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  it("shows what an expression is, and what statements return", function()
    assert.are.equal("2\nx\n", ctl_command.run(fake, "eval", "1 + 1, 'x'").out)
    fake.answer.out = ""
    assert.are.equal("3\n", ctl_command.run(fake, "eval", "local", "x = 3", "return x").out)
    fake.answer.out = ""
    assert.are.equal("", ctl_command.run(fake, "eval", "local x = 3").out)
  end)

  it("gives it relay and a print that answers", function()
    assert.are.equal("node-a\t1\tnil\n", ctl_command.run(fake, "eval", "print(relay.name(), 1, nil)").out)
  end)

  it("lets it define no global", function()
    ctl_command.run(fake, "eval", "leaked = 1")
    assert.is_nil(rawget(_G, "leaked"))
  end)

  it("tells a program the results as a list", function()
    assert.are.same({ { results = { 1, fake.relay.null, "x" } } },
      ctl_command.run(fake, "eval", "1, nil, 'x'", ctl_command.JSON).objects)
  end)

  it("says where it does not compile", function()
    local answer = ctl_command.run(fake, "eval", "x = = 1")
    assert.are.equal(1, answer.code)
    assert.are.equal("eval:1: unexpected symbol near '='\n", answer.err)
  end)

  it("raises what the code raises", function()
    local is_fine, problem = pcall(ctl_command.run, fake, "eval", "error 'broken'")
    assert.is_false(is_fine)
    assert.are.equal("eval:1: broken", problem)
  end)

  it("says what cannot be told as JSON", function()
    fake.engine.control_json = function() error "the answer holds a function" end
    local answer = ctl_command.run(fake, "eval", "print", ctl_command.JSON)
    assert.are.equal(1, answer.code)
    assert.are.equal("the answer holds a function\n", answer.err)
  end)

  it("wants something to run", function()
    assert.are.equal(2, ctl_command.run(fake, "eval").code)
  end)
end)
