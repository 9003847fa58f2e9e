--- ctl clients: who is connected.

local relay = require "relay"
local show = require "relay.ctl.show"
local units = require "relay.ctl.units"

local PAGE = 500
local CHANNELS_MAX = 5

local function channels_of(client)
  local names = client.channels
  if #names <= CHANNELS_MAX then
    return table.concat(names, ", ")
  end
  return ("%s, … %d more"):format(table.concat(names, ", ", 1, CHANNELS_MAX), #names - CHANNELS_MAX)
end

local COLUMNS = {
  { title = "ID", key = "id", right = true },
  { title = "ADDRESS", key = "address" },
  { title = "USER", cell = function(client)
    return client.user ~= nil and show.line(client.user) or nil
  end },
  { title = "CONNECTED", right = true, cell = function(client)
    return units.duration(client.connected_seconds)
  end },
  { title = "QUEUED", right = true, cell = function(client) return units.bytes(client.queued_bytes) end },
  { title = "CHANNELS", cell = channels_of },
}

local function clients()
  local page, place, last = relay.clients(0, PAGE), 0, 0
  return function()
    place = place + 1
    if place > #page and #page == PAGE then
      page, place = relay.clients(last, PAGE), 1
    end
    local client = page[place]
    if client then
      last = client.id
      client.channels = relay.array(client.channels)
    end
    return client
  end
end

local function run(current)
  current:list(COLUMNS, clients())
end

---@type relay.ctl.Command
return { usage = "clients", summary = "who is connected, oldest first", run = run }
