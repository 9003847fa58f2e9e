local testkit = require "relay.testkit"

describe("overview", function()
  it("has nodes that tell of themselves in the channel status", function()
    local net = testkit.network { "node-a", "node-b", "node-c", "node-d" }
    assert(net:settle())
    local alice = net:client "node-b"
    assert.is_true(alice:subscribe("status").ok)
    net:advance(6)
    local told = {}
    for _ = 1, 4 do
      told[#told + 1] = alice:receive(6).message
    end
    table.sort(told)
    assert.are.equal(
      "node-a has 0 clients, node-b has 1 clients, node-c has 0 clients, node-d has 0 clients",
      table.concat(told, ", "))
    net:close()
  end)
end)
