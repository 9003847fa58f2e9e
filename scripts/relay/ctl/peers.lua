--- ctl peers: the nodes that this one holds a link with, or should.

local call = require "relay.ctl.call"
local engine = require "relay.engine"
local relay = require "relay"
local units = require "relay.ctl.units"

local COLUMNS = {
  { title = "NAME", key = "name" },
  { title = "STATE", key = "state" },
  { title = "LATENCY", right = true, cell = function(peer) return units.ms(peer.latency_ms) end },
  { title = "KIND", cell = function(peer) return peer.is_plain and "plain" or "ours" end },
  { title = "DIALLED BY", cell = function(peer) return peer.is_dialled and "this node" or "peer" end },
  { title = "CONFIGURED", key = "is_configured" },
  { title = "HOST", key = "host" },
}

local function dash_when_down(column)
  if column.title ~= "KIND" and column.title ~= "DIALLED BY" then
    return column
  end
  return { title = column.title, cell = function(peer)
    return peer.state == "up" and column.cell(peer) or nil
  end }
end

-- Linked ones, then those of main.lua that are not. Never a token.
local function peers()
  local list, is_linked = relay.peers(), {}
  for _, peer in ipairs(list) do
    peer.state = "up"
    is_linked[peer.name] = true
  end
  for _, peer in ipairs(engine.configuration().peers) do
    if not is_linked[peer.name] then
      list[#list + 1] = { name = peer.name, state = "down", is_configured = true }
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local function run(current)
  local described = {}
  for i, column in ipairs(COLUMNS) do
    described[i] = dash_when_down(column)
  end
  current:list(described, call.each(peers()))
end

---@type relay.ctl.Command
return { usage = "peers", summary = "the nodes that are linked with this one, or should be", run = run }
