local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.publish", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  local sent

  before_each(function()
    sent = nil
    fake.relay.publish = function(channel, text)
      sent = { channel, text }
      if channel == "verona" then
        return true
      end
      return nil, "channel not open"
    end
  end)

  it("sends the words as one text", function()
    assert.are.equal("published\n", ctl_command.run(fake, "publish", "verona", "good", "night").out)
    assert.are.same({ "verona", "good night" }, sent)
  end)

  it("fails with the reason", function()
    local answer = ctl_command.run(fake, "publish", "mantua", "x")
    assert.are.equal(1, answer.code)
    assert.are.equal("mantua: channel not open\n", answer.err)
  end)

  it("wants a channel and a text", function()
    assert.are.equal(2, ctl_command.run(fake, "publish").code)
    assert.are.equal(2, ctl_command.run(fake, "publish", "verona").code)
    assert.is_nil(sent)
  end)

  it("tells a program so", function()
    assert.are.same({ { published = true } },
      ctl_command.run(fake, "publish", "verona", "x", ctl_command.JSON).objects)
  end)
end)
