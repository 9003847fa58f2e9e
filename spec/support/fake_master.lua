--- fake_master.lua: what the master's modules need of the engine, without one.
--
-- Over fake_relay: workers run at once, and `fake.time` is the clock.

local fake_relay = require "spec.support.fake_relay"

local fake_master = {}

local function forget()
  for name in pairs(package.loaded) do
    if name:find "^relay%.master" or name == "relay.node_info" or name == "relay.http" then
      package.loaded[name] = nil
    end
  end
end

---@return fake.Relay
function fake_master.install()
  local fake = fake_relay.install()
  forget()
  fake.time, fake.viewers, fake.live, fake.routes = 1000, 0, {}, {}
  fake.relay.state = {}
  fake.relay.after = function(_, handler) handler() end
  fake.relay.stats = function()
    return { relay = { channels = {}, clients = 0, channel_connections = {} }, channels = {} }, 0
  end
  fake.relay.host_stats = function() return { cpu = { ["1m"] = 0.1 }, disk = {} } end
  fake.engine.boot = function() return 900 end
  fake.engine.time = function() return fake.time end
  fake.engine.is_protected = function(name) return name == "locked" end
  fake.engine.viewers = function() return fake.viewers end
  fake.engine.live = function(text) table.insert(fake.live, text) end
  fake.engine.status = function()
    return {
      version = "0.1.0", generation = 1, uptime_seconds = 100, clients = 0, draining = false, health = "good",
      health_reason = "healthy",
    }
  end
  return fake
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
