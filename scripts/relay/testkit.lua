--- testkit: networks of nodes for specs, which `wsrelay-engine test` runs.
--
--     local testkit = require "relay.testkit"
--     local net = testkit.network { "node-a", "node-b" }
--
-- docs/api/testkit.lua tells what there is, docs/testing.md how to write such a spec.

local has_engine, engine = pcall(require, "relay.testkit.engine")
if not has_engine then
  error("relay.testkit is there when `wsrelay-engine test` runs the specs, not under plain busted", 0)
end

local Net = require "relay.testkit.net"
local topology = require "relay.testkit.topology"

local testkit = {}

testkit.null = engine.null
testkit.array = engine.array

---@param given table
function testkit.network(given)
  local plan, problem = topology.read(given, engine.main)
  if not plan then
    error("testkit.network: " .. problem, 2)
  end
  local net, message = Net.open(plan)
  if not net then
    error(message, 0)
  end
  net:settle(10)
  return net
end

return testkit
