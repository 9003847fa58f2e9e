-- The page has a test of its own in the project; this is what main.lua promises.

local testkit = require "relay.testkit"

describe("chat", function()
  it("lets everybody open a channel, with or without a password, and talk in it", function()
    local net = testkit.network { "node-a" }
    local alice, bob = net:client "node-a", net:client "node-a"
    assert.is_true(alice:subscribe("room", "word").ok)
    assert.are.equal("invalid password", bob:subscribe("room").reason)
    assert.is_true(bob:subscribe("room", "word").ok)
    assert.is_true(alice:send("room", "hello").ok)
    assert.are.equal("hello", bob:receive().message)
    net:close()
  end)

  it("stops who types faster than a person can", function()
    local net = testkit.network { "node-a" }
    local alice = net:client "node-a"
    alice:subscribe "room"
    local reason
    for _ = 1, 40 do
      reason = alice:send("room", "x").reason or reason
    end
    assert.are.equal("rate limited", reason)
    net:close()
  end)
end)
