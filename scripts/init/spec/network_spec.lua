-- Whole nodes in one process, with this main.lua and these policies, on a clock of their own. Run it with
-- `wsrelay-engine test`; plain `busted` knows no nodes and leaves it out.

local has_engine, testkit = pcall(require, "relay.testkit")
if not has_engine then
  return
end

describe("the network", function()
  it("has one password for a channel on all its nodes", function()
    local net = testkit.network { "node-a", "node-b", links = { { "node-a", "node-b" } } }
    local alice, bob = net:client "node-a", net:client "node-b"
    assert.same({ ok = true }, alice:subscribe("garden", "roses"))
    assert.same({ ok = false, reason = "invalid password" }, bob:subscribe("garden", "tulips"))
    assert.same({ ok = true }, bob:subscribe("garden", "roses"))
  end)
end)
