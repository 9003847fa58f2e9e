--- fake_master.lua: what the master's modules need of the engine, without one.
--
-- Over fake_relay: workers run at once, and `fake.time` is the clock.

local fake_relay = require "spec.support.fake_relay"
local figures = require "spec.support.figures"

local fake_master = {}

local function forget()
  for name in pairs(package.loaded) do
    if name:find "^relay%.master" or name == "relay.node_info" or name == "relay.http" then
      package.loaded[name] = nil
    end
  end
end

local ARRAY = {}

-- JSON with its keys in order, as far as the specs need it.
local function encode(value, null)
  if value == null then
    return "null"
  end
  if type(value) ~= "table" then
    return type(value) == "string" and ("%q"):format(value) or tostring(value)
  end
  local parts = {}
  if #value > 0 or getmetatable(value) == ARRAY then
    for place, item in ipairs(value) do
      parts[place] = encode(item, null)
    end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, item in pairs(value) do
    parts[#parts + 1] = ('"%s":%s'):format(key, encode(item, null))
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

---@return fake.Relay
function fake_master.install()
  local fake = fake_relay.install()
  forget()
  fake.time, fake.viewers, fake.live, fake.routes = 1000, 0, {}, {}
  fake.relay.state = {}
  fake.relay.array = function(list) return setmetatable(list or {}, ARRAY) end
  fake.relay.after = function(_, handler) handler() end
  fake.relay.stats = function()
    return { relay = { channels = {}, clients = 0, channel_connections = {} }, channels = {} }, 0
  end
  fake.relay.host_stats = function() return { cpu = { ["1m"] = 0.1 }, disk = {} } end
  fake.engine.json = function(value) return encode(value, fake.relay.null) end
  fake.engine.http_public = function(path) fake.public = path end
  fake.engine.boot = function() return 900 end
  fake.engine.time = function() return fake.time end
  fake.engine.is_protected = function(name) return name == "locked" end
  fake.engine.viewers = function() return fake.viewers end
  fake.engine.live = function(text) table.insert(fake.live, text) end
  fake.engine.figures = function() return figures.new() end
  fake.engine.status = function()
    return {
      version = "0.1.0", generation = 1, uptime_seconds = 100, clients = 0, draining = false, health = "good",
      health_reason = "healthy", uid = 997,
    }
  end
  return fake
end

--- Asks a route, as an admin.
---@param path string
---@param query? string
---@param headers? table<string, string>
---@return integer status
---@return string body
---@return string headers
---@return string type
function fake_master.get(path, query, headers)
  local status, kind, lines, body = require("relay.http").serve {
    method = "GET", path = path, query = query or "", headers = headers or {}, address = "192.0.2.7",
    is_authorized = true,
  }
  return status, body, lines, kind
end

--- What a node that serves a client in each of these channels answers to node-stats.
---@param ... string
---@return table
function fake_master.stats(...)
  local stats = {
    relay = { channels = { ... }, clients = select("#", ...), channel_connections = {} },
    network = { packets = { ["15s"] = 30 }, bandwidth = { ["15s"] = 3 } },
    channels = {},
  }
  for _, name in ipairs { ... } do
    stats.relay.channel_connections[name] = 1
    stats.channels[name] = { packets = { ["15s"] = 15 }, bandwidth = { ["15s"] = 1.5 } }
  end
  return stats
end

function fake_master.remove()
  forget()
  fake_relay.remove()
end

return fake_master
