--- master.lua: what a master does: it asks all nodes, remembers, and shows it.
--
-- relay.node installs it where main.lua says `master = true`. A round is asked at every quarter of a
-- minute, and while somebody looks every three seconds a light one. Several masters in a network do
-- not know of each other: each asks, keeps and shows for itself.

local relay = require "relay"
local engine = require "relay.engine"
local collect = require "relay.master.collect"
local events = require "relay.master.events"
local histories = require "relay.master.history"
local nearest = require "relay.master.nearest"
local nodes = require "relay.master.nodes"
local overview = require "relay.master.overview"
local page = require "relay.master.page"
local synchronise = require "relay.master.synchronise"

local master = {}
master.__index = master

local FULL_SECONDS = 15 -- the rounds come at multiples of the clock, so every step of a history has one
local LIGHT_SECONDS = 3
local SHOW_SECONDS = 1 -- between two frames, when something has happened
local TICK_SECONDS = 0.5
local WRITE_SECONDS = 0.25
local WAIT_SECONDS = 0.05
local FOUND_SECONDS = 30 -- after the start
local STATE = "wsrelay.master" -- in relay.state

local function new()
  local self = setmetatable({ full = 0, light = 0, asked_at = 0, shown_at = 0, shown_count = 0 }, master)
  local function history()
    return self.history
  end
  self.events = events.new { now = engine.time, history = history }
  self.nodes = nodes.new {
    tell = function(kind, node, text)
      self.events:add(kind, node, text)
    end,
    forget = function(node)
      self.events:forget(node)
    end,
  }
  self.collect = collect.new(self.nodes)
  self.overview = overview.new { collect = self.collect, events = self.events, history = history }
  self.nearest = nearest.new()
  return self
end

-- ── Rounds ───────────────────────────────────────────────────────────────────────────────────

local function show(self, now)
  self.shown_at, self.shown_count = now, self.events.count
  self.overview:show()
end

local function round(self, now, is_full)
  self.asked_at, self.node_count = now, #relay.nodes()
  self.collect:round(now, is_full)
  self.nearest:update(self.nodes)
  show(self, engine.time())
  if is_full then
    self.unwritten = { at = now, samples = self.collect:samples(now) }
  end
end

-- A node came or went, or somebody looks.
local function is_light_due(self, now)
  if now // LIGHT_SECONDS ~= self.light and engine.viewers() > 0 then
    return true
  end
  return #relay.nodes() ~= self.node_count and math.abs(now - self.asked_at) >= LIGHT_SECONDS
end

local function is_news(self, now)
  return self.events.count ~= self.shown_count and math.abs(now - self.shown_at) >= SHOW_SECONDS
end

--- What is due.
function master:tick()
  local now = engine.time()
  local is_full, is_light = now // FULL_SECONDS ~= self.full, is_light_due(self, now)
  self.full, self.light = now // FULL_SECONDS, now // LIGHT_SECONDS
  if is_full or is_light then
    round(self, now, is_full)
  elseif is_news(self, now) then
    show(self, now)
  end
end

-- ── The history ──────────────────────────────────────────────────────────────────────────────

-- What the system and SQLite say to one who may not.
local FORBIDDEN = { "Permission denied", "Operation not permitted", "readonly", "read%-only", "Read%-only" }

-- A reason, with what to do where it is a permission: mostly somebody copied the file there, as root.
local function advice(reason)
  for _, words in ipairs(FORBIDDEN) do
    if tostring(reason):find(words) then
      return ("%s: the file, what lies beside it (-wal, -shm) and their directory must belong to the node's "
        .. "user, uid %d, and be writable for it"):format(reason, engine.status().uid)
    end
  end
  return tostring(reason)
end

-- One that fails is told once, until it works again.
local function tell_failure(self, ok, reason)
  if not ok and not self.has_failed then
    relay.log.warn("overview: the history is not written: " .. advice(reason))
  end
  self.has_failed = not ok
end

--- Writes what the rounds left. By a timer of its own: a disk that hangs holds no round.
function master:write()
  local unwritten = self.unwritten
  self.unwritten = nil
  if unwritten and self.history then
    tell_failure(self, self.history:add(unwritten.at, unwritten.samples))
  end
  self.events:flush()
end

-- ── The beginning ────────────────────────────────────────────────────────────────────────────

-- What the last load left in relay.state; nil: there was none, or somebody put something else there.
local function last_state()
  local state = relay.state[STATE]
  for _, key in ipairs { "records", "events", "unwritten" } do
    if type(state) ~= "table" or type(state[key]) ~= "table" then
      return nil
    end
  end
  return state
end

-- After a reload: what the last load knew.
local function remember(self, now)
  local state = last_state()
  if state then
    self.nodes:adopt(state.records)
    self.events:adopt(state.events, state.unwritten)
    self.is_reload = true
  else
    self.nodes:begin(engine.boot(), now + FOUND_SECONDS)
    self.events:add("started", relay.name(), "watches the network")
  end
  relay.state[STATE] = {
    records = self.nodes.records, events = self.events.list, unwritten = self.events.unwritten,
  }
end

--- The first round comes at once; its time is no multiple, so the history does not get it.
function master:begin()
  local now = engine.time()
  remember(self, now)
  self.full, self.light = now // FULL_SECONDS, now // LIGHT_SECONDS
  round(self, now, true)
  self.unwritten, self.has_begun = nil, true
end

-- What happened before this node started is in the history.
function master:begin_history()
  local reason
  self.history, reason = histories.open(engine.configuration().history)
  if not self.history then
    relay.log.error("overview: no histories: " .. advice(reason))
  elseif not self.is_reload then
    self.events:restore()
  end
  self.is_open = true
end

local function start_synchronising(self)
  synchronise.new({
    on_mended = function(event)
      self.events:add(event.kind, event.node, event.text)
    end,
  }):start()
end

local function start_timers(self)
  relay.after(0, function()
    self:begin()
    self:begin_history()
  end)
  relay.every(TICK_SECONDS, function()
    if self.has_begun then
      self:tick()
    end
  end)
  relay.every(WRITE_SECONDS, function()
    if self.is_open then
      self:write()
    end
  end)
end

--- Starts all of it; while main.lua loads, once.
function master.install()
  local self = new()
  local function await()
    while not self.has_begun do
      relay.sleep(WAIT_SECONDS)
    end
  end
  page.install()
  self.overview:install(await)
  self.nearest:install(await)
  start_timers(self)
  start_synchronising(self)
end

return master
