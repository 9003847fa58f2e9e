--- nodes.lua: the nodes that the master knows, and what becomes of them from round to round.
--
-- A node is up while it answers, and lost when it was silent for two rounds in a row or is gone from
-- the mesh. A lost one is kept for a day. What is kept of them is plain values, so that relay.state can
-- carry it over a reload; what a node told last is beside that and is asked for anew. After a start the
-- nodes that the history knows are *awaited* for a while: who does not come is lost.

local process = require "relay.master.process"
local trouble = require "relay.master.trouble"

local nodes = {}
nodes.__index = nodes

local NODES_MAX = 4096
local SILENT_ROUNDS = 2
local LOST_SECONDS = 86400
local AWAITED_SECONDS = 30 -- after the start
local TROUBLE_SECONDS = 60 -- between two events of a node
local SETTLING_SECONDS = 15 -- of a node, or of this one: links come up, and the health is not good yet

---@class relay.master.Record
---@field name string
---@field state "up"|"lost"
---@field joined_at? number since when it is known; nil: it was there before this node
---@field seen_at number when it answered last
---@field lost_at? number when it was lost
---@field silent integer for how many rounds it has not answered
---@field is_plain boolean it knows the notes alone
---@field started_at? number
---@field generation? integer
---@field version? string
---@field host? string
---@field region? string
---@field health? string
---@field health_told? string the last that made an event, or was the first
---@field draining? boolean
---@field counted? relay.master.Counters what they were when the last event was made of them
---@field trouble_at? number when that was

---@class relay.master.KnownNodes goes over a reload
---@field records table<string, relay.master.Record>
---@field awaited table<string, relay.history.Node>
---@field started_at number this node; who runs longer than it was there before and does not join
---@field await_until number

---@class relay.master.Told what a node told last
---@field is_plain boolean it knows the notes alone
---@field stats? relay.master.Stats
---@field host? relay.master.Host
---@field info? relay.master.Info
---@field peers { name: string, latency_ms?: number }[]
---@field process? relay.master.Process

---@class relay.master.Nodes
---@field known relay.master.KnownNodes
---@field records table<string, relay.master.Record> of `known`
---@field told table<string, relay.master.Told>
---@field processes relay.master.Processes

---@class relay.master.NodesGiven
---@field now fun(): number Unix seconds
---@field tell fun(kind: string, node: string, text: string) an event
---@field forget fun(node: string)

---@param given relay.master.NodesGiven
---@return relay.master.Nodes
function nodes.new(given)
  local self = setmetatable({
    told = {},
    processes = process.new(),
    now = given.now,
    tell = given.tell,
    forget = given.forget,
  }, nodes)
  self:adopt { records = {}, awaited = {}, started_at = 0, await_until = 0 }
  return self
end

--- This node has just started.
---@param started_at number
---@param at number now
function nodes:begin(started_at, at)
  self.known.started_at, self.known.await_until = started_at, at + AWAITED_SECONDS
end

--- Takes over what the last load of the scripts knew.
---@param known relay.master.KnownNodes
function nodes:adopt(known)
  self.known, self.records, self.count = known, known.records, 0
  for _ in pairs(self.records) do
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
  self.processes:forget(name)
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

-- ── Coming and going ─────────────────────────────────────────────────────────────────────────

local function add(self, record)
  self.records[record.name] = record
  self.count = self.count + 1
  return record
end

local function lose(self, record, text)
  record.state, record.lost_at = "lost", self.now()
  self.tell("left", record.name, text)
end

local function tell_return(self, name, lost_at, more)
  self.tell("joined", name, ("is back after %s%s"):format(span(self.now() - lost_at), more or ""))
end

-- A node that is there, and that the history knows.
local function recognize(self, record, node)
  record.joined_at = node.joined_at or record.joined_at
  if node.left_at then
    tell_return(self, node.name, node.left_at)
  end
end

-- A node that is not there, and that the history knows.
local function add_lost(self, node)
  return add(self, {
    name = node.name, state = "lost", joined_at = node.joined_at, seen_at = node.seen_at,
    lost_at = node.left_at, silent = 0, is_plain = false,
  })
end

--- What the history knows from before this start. Those that had left are lost still; the others may come.
---@param list relay.history.Node[]
function nodes:restore(list)
  for _, node in ipairs(list) do
    local record = self.records[node.name]
    if record then
      recognize(self, record, node)
    elseif node.left_at and node.seen_at and make_room(self) then
      add_lost(self, node)
    else
      self.known.awaited[node.name] = node
    end
  end
end

-- The time to wait for them is over.
local function lose_awaited(self, at)
  for name, node in pairs(self.known.awaited) do
    self.known.awaited[name] = nil
    if node.seen_at and at - node.seen_at <= LOST_SECONDS and make_room(self) then
      lose(self, add_lost(self, node), "left while the master was away")
    end
  end
end

-- A master that starts meets a network that was there before.
local function is_found(self, at, info)
  return at < self.known.await_until and not (info.started_at and info.started_at > self.known.started_at)
end

local function add_new(self, name, at, info)
  local record = add(self, { name = name, state = "up", seen_at = at, silent = 0, is_plain = false })
  local node = self.known.awaited[name]
  self.known.awaited[name] = nil
  if node then
    recognize(self, record, node)
  elseif not is_found(self, at, info) then
    record.joined_at = at
    self.tell("joined", name, "joined the network")
  end
  return record
end

-- ── What an answer changes ───────────────────────────────────────────────────────────────────

local function is_restarted(record, info)
  return record.started_at and info.started_at and info.started_at > record.started_at
end

local function notice_return(self, record, info)
  record.state = "up"
  local more = is_restarted(record, info) and ", started anew"
  tell_return(self, record.name, record.lost_at or record.seen_at, more)
  record.lost_at = nil
end

local function notice_generation(self, record, info)
  if is_restarted(record, info) then
    self.tell("started", record.name, "started anew")
  elseif record.generation and info.generation and info.generation ~= record.generation then
    self.tell("reloaded", record.name, ("generation %d serves"):format(info.generation))
  end
end

local function is_settling(self, at, info)
  return at - self.known.started_at < SETTLING_SECONDS
    or info.uptime_seconds ~= nil and info.uptime_seconds < SETTLING_SECONDS
end

local function notice_health(self, record, at, info)
  local before = record.health_told
  if not info.health or is_settling(self, at, info) and (before or info.health ~= "good") then
    return
  end
  record.health_told = info.health
  if before and info.health ~= before then
    local text = ("%s → %s: %s"):format(before, info.health, info.reason or "no reason told")
    self.tell("health", record.name, text)
  end
end

local function notice_drain(self, record, info)
  if info.draining and record.draining == false then
    self.tell("draining", record.name, "drains: its clients are sent away")
  end
end

local function notice_refusals(self, record, before, counted)
  local refused = trouble.rise(before, counted, "reloads_refused")
  if refused > 0 then
    local what = refused == 1 and "a reload" or refused .. " reloads"
    self.tell("refused", record.name, ("refused %s; its log says why"):format(what))
  end
  before.reloads_refused = counted.reloads_refused
end

-- What came within a minute of the last event is told in the next one.
local function notice_trouble(self, record, at, info)
  local told = info.process
  if not told then
    return
  end
  local before = is_restarted(record, info) and trouble.zero() or record.counted or trouble.copy(told)
  record.counted = before
  notice_refusals(self, record, before, told)
  local text = trouble.text(before, told)
  if text and math.abs(at - (record.trouble_at or -math.huge)) >= TROUBLE_SECONDS then
    self.tell("trouble", record.name, text)
    record.counted, record.trouble_at = trouble.copy(told), at
  end
end

local NO_INFO = {}
local KEPT = { "started_at", "generation", "version", "host", "region", "health", "draining" }

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
    record = add_new(self, name, at, info)
  elseif record.state == "lost" then
    notice_return(self, record, info)
  else
    notice_generation(self, record, info)
  end
  notice_health(self, record, at, info)
  notice_drain(self, record, info)
  notice_trouble(self, record, at, info)
  record.seen_at, record.silent, record.is_plain = at, 0, told.is_plain
  for _, key in ipairs(KEPT) do
    record[key] = info[key]
  end
  told.process = self.processes:take(name, info)
  self.told[name] = told
  return true
end

-- ── The end of a round ───────────────────────────────────────────────────────────────────────

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
  if at >= self.known.await_until then
    lose_awaited(self, at)
  end
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
