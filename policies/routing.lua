--- routing.lua decides where messages go, and which way.
--
-- `scope` is asked when a channel opens, `next_hop` when packets to one node are to be sent for the
-- first time, and when its routes have changed. Both answers are remembered, so no message waits for
-- a policy.
--
-- When scope raises an error, runs too long or answers something else, a channel goes to the whole
-- network; when next_hop does, the fastest route is taken.

---@type relay.policy.routing
local routing = {}

-- What each of routes holds:
--   peer        the peer that packets would go to
--   latency_ms  round trip to that peer; nil: not measured
--   hops        1: the peer is the destination; nil: not known
--   fastest     what is taken when nobody says otherwise

--- Where the messages of a channel go. Return
---   "network"                 to every node
---   "node"                    nowhere: the channel stays on this node, and its name is not reserved
---   { "node-a", "node-b" }    to these nodes
---@param _channel string its name
---@param _settings relay.Settings main.lua's
---@return "network"|"node"|string[] scope
function routing.scope(_channel, _settings)
  return "network"
end

--- Which of the routes packets to a node take. Return the name of a route's peer, or nil for the
--- fastest.
---@param _destination string the node's name
---@param _routes relay.Route[]
---@param _settings relay.Settings main.lua's
---@return string? peer
function routing.next_hop(_destination, _routes, _settings)
  return nil
end

return routing
