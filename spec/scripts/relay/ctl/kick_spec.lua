local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.kick", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  local kicked

  before_each(function()
    kicked = {}
    fake.relay.close_client = function(id, code, reason)
      kicked = { id, code, reason }
      return id == 7
    end
  end)

  it("ends the client with a reason", function()
    local answer = ctl_command.run(fake, "kick", "7", "go", "away")
    assert.are.same({ 7, 1008, "go away" }, kicked)
    assert.are.equal("kicked client 7\n", answer.out)
    assert.are.equal(0, answer.code)
  end)

  it("has a reason of its own", function()
    ctl_command.run(fake, "kick", "7", ctl_command.JSON)
    assert.are.same({ 7, 1008, "kicked" }, kicked)
    assert.are.same({ { kicked = 7 } }, fake.answer.objects)
  end)

  it("fails where there is no such client", function()
    assert.are.equal(1, ctl_command.run(fake, "kick", "8").code)
  end)

  it("wants an ID and a short reason", function()
    for _, words in ipairs { {}, { "x" }, { "1.5" }, { "0" }, { "-1" }, { "7", ("x"):rep(124) } } do
      assert.are.equal(2, ctl_command.run(fake, "kick", table.unpack(words)).code)
    end
    assert.are.same({}, kicked)
    assert.are.equal(0, ctl_command.run(fake, "kick", "7", ("x"):rep(123)).code)
  end)
end)
