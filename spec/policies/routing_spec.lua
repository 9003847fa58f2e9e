local routing = dofile "policies/routing.lua"

describe("policies/routing.lua", function()
  it("sends every channel to the whole network", function()
    assert.are.equal("network", routing.scope "channel")
  end)

  it("takes the fastest route", function()
    assert.is_nil(routing.next_hop("node-z", { { peer = "node-b", latency_ms = 1, fastest = true } }))
  end)
end)
