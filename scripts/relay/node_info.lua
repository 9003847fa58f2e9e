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
  }
end

return node_info
