local fake_relay = require "spec.support.fake_relay"

describe("relay.channel_list", function()
  local fake, channel_list

  before_each(function()
    fake = fake_relay.install()
    channel_list = require "relay.channel_list"
  end)
  after_each(fake_relay.remove)

  it("tells names and hashes, and null for a channel without a password", function()
    local channels = { { name = "a", password = "00", scope = "network" }, { name = "b" } }
    local answer = channel_list.answer(channels, "list-channels")
    assert.are.same({ name = "a", password = "00" }, answer.channels[1])
    assert.are.equal(fake.relay.null, answer.channels[2].password)
    assert.is_nil(answer.left_out)
  end)

  it("leaves out what does not fit", function()
    local channels = { { name = ("a"):rep(100) }, { name = ("\""):rep(100) }, { name = "c" } }
    local list, left_out = channel_list.fit(channels, 400)
    assert.are.equal(1, #list)
    assert.are.equal(2, left_out)
    assert.are.equal(2, #channel_list.fit(channels, 500))
  end)

  it("says so, to the log once", function()
    local channels = {}
    for index = 1, 12000 do
      channels[index] = { name = "channel-" .. index }
    end
    local answer = channel_list.answer(channels, "list-channels")
    assert.are.same(answer, channel_list.answer(channels, "list-channels"))
    local count = #answer.channels
    assert.is_true(count < 12000 and count > 8000)
    assert.are.equal(12000 - count, answer.left_out)
    assert.are.equal(1, #fake.log)
    assert.matches("^warn list%-channels: %d+ channels do not fit", fake.log[1])
  end)
end)
