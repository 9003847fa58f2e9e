describe("channel-rate-limit", function()
  local message

  before_each(function()
    package.loaded["policies.message"] = nil
    message = require "policies.message"
  end)

  -- How many of `count` messages pass at that time.
  local function passed(count, time, channel)
    local number = 0
    for _ = 1, count do
      local facts = { channel = channel or "c", time = time }
      number = number + (message.publish(facts, { per_second = 2, burst = 5 }) and 1 or 0)
    end
    return number
  end

  it("lets a burst through and no more", function()
    assert.are.equal(5, passed(8, 100))
  end)

  it("lets so many through a second, and a full burst after a pause", function()
    passed(8, 100)
    assert.are.equal(0, passed(3, 100.4))
    assert.are.equal(2, passed(3, 101))
    assert.are.equal(5, passed(8, 200))
  end)

  it("counts each channel by itself", function()
    passed(8, 100)
    assert.are.equal(5, passed(8, 100, "other"))
  end)

  it("takes no harm from a clock that goes back", function()
    passed(8, 100)
    assert.are.equal(0, passed(3, 50))
    assert.are.equal(2, passed(3, 51))
  end)

  it("holds no more than its bound of channels", function()
    for number = 1, 10000 do
      passed(1, 100, "channel-" .. number)
    end
    assert.are.equal(4, passed(8, 100, "channel-1"))
    passed(1, 100, "one more")
    assert.are.equal(5, passed(8, 100, "channel-1"))
  end)
end)

describe("channel-rate-limit, on a node", function()
  it("tells the sender to slow down, and lets it go on later", function()
    local net = require("relay.testkit").network { "node-a" }
    local alice = net:client "node-a"
    alice:subscribe "c"
    local refused
    for _ = 1, 8 do
      refused = alice:send("c", "x").reason
    end
    assert.are.equal("slow down", refused)
    net:advance(2)
    assert.is_true(alice:send("c", "x").ok)
    net:close()
  end)
end)
