--- events.lua: what happened in the network: the newest in memory, all of them in the history.
--
-- `add` never waits; what is to be written waits for `flush`. The surprising rule: a node may make ten
-- events at once and then one a minute, so that one which comes and goes fills nothing; how many were
-- left out stands in its next one.

local relay = require "relay"

local events = {}
events.__index = events

events.LISTED = 100

local BURST = 10
local SECONDS_EACH = 60
local TEXT_MAX = 240
local UNWRITTEN_MAX = 1000

---@class relay.master.Event
---@field at number Unix seconds
---@field kind "joined"|"left"|"mended"|"reloaded"|"health"|"started"|"draining"|"refused"|"trouble"
---@field node? string nil: the network
---@field text string reads on from the node's name

---@class relay.master.Events
---@field list relay.master.Event[] the newest first
---@field unwritten relay.master.Event[] that the history does not have yet
---@field count integer how many there were in this load

---@class relay.master.EventsGiven
---@field now fun(): number Unix seconds
---@field history fun(): relay.master.History? nil: none is kept

---@param given relay.master.EventsGiven
---@return relay.master.Events
function events.new(given)
  return setmetatable({
    now = given.now,
    list = {},
    history = given.history,
    count = 0,
    rates = {},
    unwritten = {},
  }, events)
end

-- Takes one out of a node's rate; nil: it has none left. How many were left out before.
local function take(self, node, at)
  local rate = self.rates[node] or { left = BURST, at = at, left_out = 0 }
  self.rates[node] = rate
  rate.left = math.min(BURST, rate.left + math.max(0, at - rate.at) / SECONDS_EACH)
  rate.at = at
  if rate.left < 1 then
    rate.left_out = rate.left_out + 1
    return nil
  end
  local left_out = rate.left_out
  rate.left, rate.left_out = rate.left - 1, 0
  return left_out
end

-- At most so many bytes, ending between two characters.
local function shortened(text)
  if #text <= TEXT_MAX then
    return text
  end
  return text:sub(1, (utf8.offset(text, 0, TEXT_MAX - 2) or 1) - 1) .. "…"
end

---@param kind string
---@param node? string
---@param text string
---@return relay.master.Event? event nil: the node has had too many
function events:add(kind, node, text)
  local at = self.now()
  local left_out = take(self, node or "", at)
  if not left_out then
    return nil
  end
  if left_out > 0 then
    text = ("%s (and %d more since the last one)"):format(text, left_out)
  end
  local event = { at = at, kind = kind, node = node, text = shortened(text) }
  table.insert(self.list, 1, event)
  self.list[events.LISTED + 1] = nil
  self.count = self.count + 1
  if #self.unwritten < UNWRITTEN_MAX then
    self.unwritten[#self.unwritten + 1] = event
  end
  return event
end

--- Takes over what the last load of the scripts had.
---@param list relay.master.Event[]
---@param unwritten relay.master.Event[]
function events:adopt(list, unwritten)
  self.list, self.unwritten = list, unwritten
end

--- A node is known no more.
---@param node string
function events:forget(node)
  self.rates[node] = nil
end

--- Writes what is new to the history. Waits. Each is taken out when it is written: what a reload breaks off
--- is written by the next load, and the history takes it once.
---@return boolean ok
---@return string? reason why the first that is left was not written
function events:flush()
  while self.unwritten[1] do
    local event = self.unwritten[1]
    local ok, reason = self.history():add_event(event)
    if not ok then
      return false, reason
    end
    table.remove(self.unwritten, 1)
  end
  return true
end

-- What the history has, without its nulls; nil: none is kept, or it cannot be read.
local function read(self, before)
  local history = self.history()
  local found, reason = nil, nil
  if history then
    found, reason = history:events { limit = events.LISTED, before = before }
  end
  for _, event in ipairs(found or {}) do
    event.node = event.node ~= relay.null and event.node or nil
  end
  return found, reason
end

--- After a start: reads the newest that the history has, behind what has happened since. Waits.
---@return boolean? ok
---@return string? reason
function events:restore()
  local found, reason = read(self)
  if not found then
    return nil, reason
  end
  local room = events.LISTED - #self.list
  table.move(found, 1, math.min(room, #found), #self.list + 1, self.list)
  return true
end

--- Those that were earlier, the newest first. Waits.
---@param at number
---@return relay.master.Event[]
function events:before(at)
  local found = read(self, at)
  if found then
    return found
  end
  found = {}
  for _, event in ipairs(self.list) do
    if event.at < at then
      found[#found + 1] = event
    end
  end
  return found
end

return events
