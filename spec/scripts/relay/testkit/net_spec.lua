local fake_kit = dofile "spec/support/fake_kit.lua"

local Net, kit

local function open(...)
  local nodes = {}
  for index, name in ipairs { ... } do
    nodes[index] = { name = name, main = "main.lua", options = {}, variables = {} }
  end
  return Net.open { seed = 1, nodes = nodes, links = { { a = 1, b = 2, latency_ms = 1 } } }
end

describe("scripts/relay/testkit/net.lua", function()
  before_each(function()
    Net, kit = fake_kit.require "relay.testkit.net"
  end)

  it("advances by seconds", function()
    local net = open("node-a", "node-b")
    net:advance(1.5)
    assert.equal(1500, kit.now_ms)
    assert.equal(1.5, net:time())
  end)

  it("waits no longer than it may", function()
    local net = open("node-a", "node-b")
    assert.is_nil(net:wait(2, function() end))
    assert.equal(2000, kit.now_ms)
    assert.equal("now", net:wait(2, function()
      return "now"
    end))
    assert.equal(2000, kit.now_ms)
  end)

  it("settles when all know all, for a while", function()
    local net = open("node-a", "node-b")
    kit.nodes_of = { { "node-b" } }
    kit.on_advance = function()
      kit.nodes_of[2] = kit.now_ms >= 500 and { "node-a" } or {}
    end
    assert.is_true(net:settle())
    assert.is_true(kit.now_ms >= 2490)
  end)

  it("says who does not know whom when it cannot settle", function()
    local net = open("node-a", "node-b")
    kit.nodes_of = { { "node-b" } }
    assert.same({ nil, "node-b does not know node-a" }, { net:settle(5) })
    net:partition { "node-a" }
    assert.same({ nil, "node-a still knows node-b" }, { net:settle(5) })
  end)

  it("puts nodes that no group names together", function()
    open("node-a", "node-b", "node-c", "node-d"):partition({ "node-b" }, { "node-c" })
    assert.same({ 0, 1, 2, 0 }, kit.groups)
  end)

  it("raises for a node that it does not have", function()
    local net = open("node-a", "node-b")
    assert.has_error(function()
      net:crash "node-q"
    end, "there is no node 'node-q' (did you mean 'node-a'?)")
    assert.has_error(function()
      net:peers()
    end, "there is no node 'nil'")
  end)

  it("answers a request with what came, or why nothing did", function()
    local net = open("node-a", "node-b")
    kit.answers, kit.reason = { "node-b", { ok = true } }, ""
    assert.same({ ok = true }, net:request("node-a", "node-b", { command = "x" }))
    kit.answers, kit.reason = {}, "no route"
    assert.same({ nil, "no route" }, { net:request("node-a", "node-b", { command = "x" }) })
    kit.answers, kit.reason = nil, nil
    assert.same({ nil, "timed out" }, { net:request("node-a", "node-b", { command = "x" }, 3) })
    assert.is_true(kit.is_forgotten)
  end)

  it("answers a broadcast by node", function()
    kit.answers, kit.reason = { "node-b", { ok = true }, "node-c", { ok = false } }, ""
    assert.same({ ["node-b"] = { ok = true }, ["node-c"] = { ok = false } },
      open("node-a", "node-b"):broadcast("node-a", { command = "x" }))
  end)
end)
