local testkit = require "relay.testkit"

describe("custom-command", function()
  local net

  before_each(function()
    net = testkit.network { "node-a", "node-b", "node-c" }
  end)

  after_each(function()
    net:close()
  end)

  local function quietest(from, at_most)
    return net:request(from, "node-a", { command = "quietest-node", at_most = at_most })
  end

  it("names the node with the fewest clients", function()
    assert(net:client "node-a")
    assert(net:client "node-c")
    net:advance(1)
    assert.are.same({ ok = true, node = "node-b", clients = 0 }, quietest "node-c")
  end)

  it("counts those that left no more", function()
    local clients = { net:client "node-a", net:client "node-b", net:client "node-c" }
    clients[3]:close()
    net:advance(1)
    assert.are.same({ ok = true, node = "node-c", clients = 0 }, quietest "node-b")
  end)

  it("leaves out who does not answer", function()
    assert(net:client "node-a")
    net:crash "node-b"
    assert.are.equal("node-c", quietest("node-c").node)
  end)

  it("refuses when all are busy, and what it cannot read", function()
    for _, node in ipairs { "node-a", "node-b", "node-c" } do
      assert(net:client(node))
    end
    net:advance(1)
    assert.are.same({ ok = false, reason = "all are busy" }, quietest("node-b", 0))
    assert.are.same({ ok = false, reason = "at_most must be a number" }, quietest("node-b", "x"))
  end)
end)
