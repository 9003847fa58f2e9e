local testkit = require "relay.testkit"

describe("three-nodes", function()
  it("is one network, though two of them know the first alone", function()
    local net = testkit.network {
      "node-a", "node-b", "node-c",
      links = { { "node-a", "node-b" }, { "node-a", "node-c" } },
    }
    local alice, bob = net:client "node-b", net:client "node-c"
    assert.is_true(alice:subscribe("channel").ok)
    assert.is_true(bob:subscribe("channel").ok)
    net:advance(5)
    assert.is_true(alice:send("channel", "hello").ok)
    assert.are.equal("hello", bob:receive(2).message)
    assert.are.equal(2, #net:log("node-a", "linked with"))
    net:close()
  end)
end)
