local health = require "policies.health"
local testkit = require "relay.testkit"

describe("health-rule", function()
  local function held(facts)
    local reasons = {}
    for _, rule in ipairs(health.rules) do
      if rule.when(facts, { clients_full = 10 }) then
        reasons[#reasons + 1] = rule.reason
      end
    end
    return reasons
  end

  it("knows an empty, a nearly full and a full node apart", function()
    assert.are.same({}, held { clients = 5, draining = false })
    assert.are.same({ "nearly full" }, held { clients = 6, draining = false })
    assert.are.same({ "nearly full", "full" }, held { clients = 10, draining = false })
  end)

  it("is bad while a node drains", function()
    assert.are.same({ "about to stop" }, held { clients = 0, draining = true })
  end)
end)

describe("health-rule, on a node", function()
  it("says the worst of what holds", function()
    local net = testkit.network { "node-a" }
    assert.are.same({ healthy = "good", reason = "healthy" }, net:health "node-a")
    for _ = 1, 3 do
      assert(net:client "node-a")
    end
    net:advance(2)
    assert.are.same({ healthy = "bad", reason = "full" }, net:health "node-a")
    net:close()
  end)
end)
