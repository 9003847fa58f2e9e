--- node_info.lua: what this node tells of itself beside the notes' statistics.
--
-- Anybody in the network may ask (the command node-info), so no token and no hash is ever in it.

local relay = require "relay"
local engine = require "relay.engine"

local node_info = {}

---@class relay.NodeInfo the response of node-info
---@field name string
---@field version string of wsrelay-engine
---@field generation integer which load of the scripts serves
---@field started_at number Unix seconds; a later start has a later one
---@field uptime_seconds number
---@field host? string what others are told to dial
---@field region? string main.lua's
---@field draining boolean
---@field master boolean
---@field health "good"|"degraded"|"bad"
---@field reason string of the health
---@field clients integer
---@field peers { name: string, latency_ms?: number }[] latency_ms: round trip; nil: not measured yet

---@field process relay.NodeProcess

---@class relay.NodeProcess memory, queue and links are those of now, all else is since the start
---@field resident_bytes? number of memory; nil: the system does not say
---@field cpu_seconds number of all threads
---@field queued_bytes integer that wait for clients and peers to take them
---@field links integer with other nodes
---@field messages_dropped integer for clients and peers that were too slow
---@field slow_clients integer that were closed for it
---@field connections_refused integer for limits.connections and limits.connections_per_address
---@field policy_failures integer
---@field handler_failures integer
---@field reloads_refused integer why, is for those who look after the node
---@field loop_busy_ms number

local function process(status)
  local figures = engine.figures()
  return {
    resident_bytes = figures.resident_bytes,
    cpu_seconds = figures.cpu_seconds,
    queued_bytes = figures.client_queued_bytes + figures.peer_queued_bytes,
    links = figures.peer_count,
    messages_dropped = figures.frames_dropped_slow + figures.tree_dropped,
    slow_clients = figures.clients_too_slow,
    connections_refused = figures.connections_refused_full + figures.connections_refused_address,
    policy_failures = status.policy_failures,
    handler_failures = status.handler_failures,
    reloads_refused = status.reloads_refused,
    loop_busy_ms = figures.turn_seconds * 1000,
  }
end

local function round(ms)
  return ms and math.floor(ms * 100 + 0.5) / 100
end

local function peers()
  local list = relay.array {}
  for index, peer in ipairs(relay.peers()) do
    list[index] = { name = peer.name, latency_ms = round(peer.latency_ms) }
  end
  return list
end

---@return relay.NodeInfo
function node_info.read()
  local status, configuration = engine.status(), engine.configuration()
  return {
    name = relay.name(),
    version = status.version,
    generation = status.generation,
    started_at = engine.boot(),
    uptime_seconds = status.uptime_seconds,
    host = engine.host(),
    region = configuration.region,
    draining = status.draining,
    master = configuration.master,
    health = status.health,
    reason = status.health_reason,
    clients = status.clients,
    peers = peers(),
    process = process(status),
  }
end

return node_info
