--- nodes.lua: the nodes that the master knows, and what becomes of them from round to round.
--
-- A node is up while it answers, and lost when it was silent for two rounds in a row or is gone from
-- the mesh. A lost one is kept for a day. The short records are plain values, so that relay.state can
-- carry them over a reload; what a node told last is beside them and is asked for anew.

local nodes = {}
nodes.__index = nodes

local NODES_MAX = 4096
local SILENT_ROUNDS = 2
local LOST_SECONDS = 86400

---@class relay.master.Record
---@field name string
---@field state "up"|"lost"
---@field joined_at number since when it is known
---@field seen_at number when it answered last
---@field silent integer for how many rounds it has not answered
---@field is_plain boolean it knows the notes alone
---@field started_at? number
---@field generation? integer
---@field version? string
---@field host? string
---@field region? string
---@field health? string

---@class relay.master.Told what a node told last
---@field is_plain boolean it knows the notes alone
---@field stats? relay.master.Stats
---@field host? relay.master.Host
---@field info? relay.master.Info
---@field peers { name: string, latency_ms?: number }[]

---@class relay.master.Nodes
---@field records table<string, relay.master.Record>
---@field told table<string, relay.master.Told>

---@class relay.master.NodesGiven
---@field tell fun(kind: string, node: string, text: string) an event
---@field forget fun(node: string)

---@param given relay.master.NodesGiven
---@return relay.master.Nodes
function nodes.new(given)
  return setmetatable({
    records = {},
    told = {},
    tell = given.tell,
    forget = given.forget,
    count = 0,
    started_at = 0,
    found_until = 0,
  }, nodes)
end

--- This node has just started: until then, whoever runs longer than it was there before and does not join.
---@param started_at number of this node
---@param found_until number
function nodes:begin(started_at, found_until)
  self.started_at, self.found_until = started_at, found_until
end

--- Takes over what the last load of the scripts knew.
---@param records table<string, relay.master.Record>
function nodes:adopt(records)
  self.records, self.count = records, 0
  for _ in pairs(records) do
    self.count = self.count + 1
  end
end

-- "35 s", "12 min", "3 h"
local function span(seconds)
  seconds = math.floor(math.max(0, seconds))
  if seconds < 120 then
    return ("%d s"):format(seconds)
  end
  return seconds < 7200 and ("%d min"):format(seconds // 60) or ("%d h"):format(seconds // 3600)
end

-- ── Forgetting ───────────────────────────────────────────────────────────────────────────────

function nodes:remove(name)
  self.records[name], self.told[name] = nil, nil
  self.count = self.count - 1
  self.forget(name)
end

-- Makes room for one more; false: all that are known are up.
local function make_room(self)
  if self.count < NODES_MAX then
    return true
  end
  local oldest
  for _, record in pairs(self.records) do
    if record.state == "lost" and (not oldest or record.seen_at < oldest.seen_at) then
      oldest = record
    end
  end
  if oldest then
    self:remove(oldest.name)
  end
  return oldest ~= nil
end

-- ── What an answer changes ───────────────────────────────────────────────────────────────────

-- A master that starts meets a network that was there before.
local function is_found(self, at, info)
  return at < self.found_until and not (info.started_at and info.started_at > self.started_at)
end

local function add(self, name, at, info)
  local record = { name = name, state = "up", joined_at = at, seen_at = at, silent = 0, is_plain = false }
  self.records[name] = record
  self.count = self.count + 1
  if not is_found(self, at, info) then
    self.tell("joined", name, "joined the network")
  end
  return record
end

local function is_restarted(record, info)
  return record.started_at and info.started_at and info.started_at > record.started_at
end

local function notice_return(self, record, at, info)
  local text = "is back after " .. span(at - record.seen_at)
  record.state = "up"
  self.tell("joined", record.name, text .. (is_restarted(record, info) and ", started anew" or ""))
end

local function notice_generation(self, record, info)
  if is_restarted(record, info) then
    self.tell("started", record.name, "started anew")
  elseif record.generation and info.generation and info.generation ~= record.generation then
    self.tell("reloaded", record.name, ("generation %d serves"):format(info.generation))
  end
end

local function notice_health(self, record, info)
  if record.health and info.health and info.health ~= record.health then
    local text = ("%s → %s: %s"):format(record.health, info.health, info.reason or "no reason told")
    self.tell("health", record.name, text)
  end
end

local NO_INFO = {}
local KEPT = { "started_at", "generation", "version", "host", "region", "health" }

--- A node answered in this round.
---@param name string
---@param at number when it was asked
---@param told relay.master.Told
---@return boolean kept false: there is no room
function nodes:answered(name, at, told)
  local record = self.records[name]
  if not record and not make_room(self) then
    return false
  end
  local info = told.info or NO_INFO
  if not record then
    record = add(self, name, at, info)
  elseif record.state == "lost" then
    notice_return(self, record, at, info)
  else
    notice_generation(self, record, info)
  end
  notice_health(self, record, info)
  record.seen_at, record.silent, record.is_plain = at, 0, told.is_plain
  for _, key in ipairs(KEPT) do
    record[key] = info[key]
  end
  self.told[name] = told
  return true
end

-- ── The end of a round ───────────────────────────────────────────────────────────────────────

local function lose(self, record, text)
  record.state = "lost"
  self.tell("left", record.name, text)
end

local function look(self, record, at, alive)
  if record.state == "up" and not alive[record.name] then
    lose(self, record, "left the network")
  elseif record.state == "up" and record.silent >= SILENT_ROUNDS then
    lose(self, record, "does not answer any more")
  elseif record.state == "lost" and at - record.seen_at > LOST_SECONDS then
    self:remove(record.name)
  end
end

--- A round is over.
---@param at number when it was asked
---@param alive table<string, true> by name: the nodes that the mesh believes alive, this one among them
---@param asked table<string, true> those for which there was time
function nodes:finish(at, alive, asked)
  for _, name in ipairs(self:names()) do
    local record = self.records[name]
    if asked[name] and record.seen_at ~= at then
      record.silent = record.silent + 1
    end
    look(self, record, at, alive)
  end
end

--- All that are known, in alphabetical order.
---@return string[]
function nodes:names()
  local names = {}
  for name in pairs(self.records) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

---@param name string
---@return boolean
function nodes:is_up(name)
  local record = self.records[name]
  return record ~= nil and record.state == "up"
end

return nodes
