local health = dofile "policies/health.lua"

-- A quiet, healthy node, but for the facts given.
local function facts_with(given)
  local facts = {
    clients = 0,
    channels = 0,
    connections = 0,
    peers = 0,
    peers_configured = 0,
    latency_ms = 0,
    latency_limit_ms = 10,
    draining = false,
  }
  for key, value in pairs(given) do
    facts[key] = value
  end
  return facts
end

-- The reasons of the rules that hold, in their order.
local function reasons(given)
  local held = {}
  for _, rule in ipairs(health.rules) do
    local answer = rule.when(facts_with(given))
    assert.is_boolean(answer)
    if answer then
      held[#held + 1] = rule.state .. ": " .. rule.reason
    end
  end
  return held
end

describe("policies/health.lua", function()
  it("finds nothing wrong with a quiet node", function()
    assert.are.same({}, reasons {})
  end)

  it("is degraded without peers, where peers are configured", function()
    assert.are.same({ "degraded: no peers" }, reasons { peers_configured = 2 })
    assert.are.same({}, reasons { peers_configured = 2, peers = 1 })
  end)

  it("is degraded with more than 3 clients and no channel", function()
    assert.are.same({}, reasons { clients = 3 })
    assert.are.same({ "degraded: clients no channels" }, reasons { clients = 4 })
    assert.are.same({}, reasons { clients = 4, channels = 1 })
  end)

  it("is degraded with a peer above the latency limit", function()
    assert.are.same({}, reasons { latency_ms = 10 })
    assert.are.same({ "degraded: high latency" }, reasons { latency_ms = 10.5 })
    assert.are.same({}, reasons { latency_ms = 10.5, latency_limit_ms = 80 })
  end)

  it("is bad with channels and no clients", function()
    assert.are.same({ "bad: channels no clients" }, reasons { channels = 1 })
    assert.are.same({}, reasons { channels = 1, clients = 1 })
  end)

  it("keeps the notes' order", function()
    local order = {}
    for _, rule in ipairs(health.rules) do
      order[#order + 1] = rule.reason
    end
    assert.are.same({ "no peers", "clients no channels", "high latency", "channels no clients" }, order)
  end)
end)
