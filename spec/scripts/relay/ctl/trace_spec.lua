local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.trace", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  local followed

  before_each(function()
    followed = nil
    fake.engine.control_follow = function(channel, nonce, is_json)
      followed = { channel = channel, nonce = nonce, is_json = is_json }
      return true
    end
    fake.engine.end_traces = function() return 2 end
  end)

  it("follows all, or a channel, or a nonce", function()
    assert.are.equal(0, ctl_command.run(fake, "trace", "on").code)
    assert.are.same({ is_json = false }, followed)
    ctl_command.run(fake, "trace", "on", "--channel", "verona", "--nonce", "7", ctl_command.JSON)
    assert.are.same({ channel = "verona", nonce = "7", is_json = true }, followed)
  end)

  it("fails where it cannot", function()
    fake.engine.control_follow = function() return nil, "too many" end
    assert.are.equal(1, ctl_command.run(fake, "trace", "on").code)
    assert.are.equal("too many\n", fake.answer.err)
  end)

  it("ends all", function()
    assert.are.equal("2 traces ended\n", ctl_command.run(fake, "trace", "off").out)
    assert.are.same({ { ended = 2 } }, ctl_command.run(fake, "trace", "off", ctl_command.JSON).objects)
  end)

  it("wants on or off, and options that it knows", function()
    for _, words in ipairs { {}, { "onn" }, { "off", "x" }, { "on", "x" }, { "on", "--nonce" },
                             { "on", "--nonce", "" }, { "on", "--chanel", "x" } } do
      assert.are.equal(2, ctl_command.run(fake, "trace", table.unpack(words)).code)
    end
    assert.is_nil(followed)
    assert.is_truthy(fake.answer.err:find("did you mean '--channel'?", 1, true))
  end)
end)
