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
local STATE = "wsrelay.master" -- in relay.state

local function new()
  local self = setmetatable({ full = 0, light = 0, asked_at = 0, shown_at = 0, shown_count = 0 }, master)
  local function history()
    return self.history
  end
  self.events = events.new { now = engine.time, history = history }
  self.nodes = nodes.new {
    now = engine.time,
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
end

-- What the history shall have of the round.
local function keep_sample(self, now)
  self.state.sample = { at = now, samples = self.collect:samples(now) }
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
    if is_full then
      keep_sample(self, now)
    end
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
  local sample = self.state.sample
  self.state.sample = nil
  if sample and self.history then
    tell_failure(self, self.history:add(sample.at, sample.samples))
  end
  self.events:flush()
end

-- ── The beginning ────────────────────────────────────────────────────────────────────────────

---@class relay.master.KeptState what goes over a reload, in relay.state
---@field nodes relay.master.KnownNodes
---@field events relay.master.Event[]
---@field unwritten relay.master.Event[]
---@field sample? { at: number, samples: relay.master.Samples } that the history does not have yet
---@field is_restored? boolean what the history knows from before the start

-- What the last load left in relay.state; nil: there was none, or somebody put something else there.
local function last_state()
  local state = relay.state[STATE]
  for _, key in ipairs { "nodes", "events", "unwritten" } do
    if type(state) ~= "table" or type(state[key]) ~= "table" then
      return nil
    end
  end
  return state
end

-- After a reload: what the last load knew.
local function remember(self, now)
  self.state = last_state()
  if self.state then
    self.nodes:adopt(self.state.nodes)
    self.events:adopt(self.state.events, self.state.unwritten)
    return true
  end
  self.nodes:begin(engine.boot(), now)
  self.events:add("started", relay.name(), "watches the network")
  self.state = { nodes = self.nodes.known, events = self.events.list, unwritten = self.events.unwritten }
  relay.state[STATE] = self.state
  return false
end

--- The first round comes at once. After a start the history does not get it: others are not linked yet. After
--- a reload it does, in the place of the one that the reload broke off.
function master:begin()
  local now = engine.time()
  local is_reload = remember(self, now)
  self.full, self.light = now // FULL_SECONDS, now // LIGHT_SECONDS
  round(self, now, true)
  if is_reload and not self.state.sample then
    keep_sample(self, now)
  end
  self.has_begun = true
end

-- What happened before this node started is in the history.
local function restore(self)
  local known, reason = self.history:nodes(engine.time())
  if not known then
    relay.log.warn("overview: the history does not tell of earlier nodes: " .. tostring(reason))
  end
  self.nodes:restore(known or {})
  self.events:restore()
  self.state.is_restored = true
end

function master:begin_history()
  local reason
  self.history, reason = histories.open(engine.configuration().history)
  if not self.history then
    relay.log.error("overview: no histories: " .. advice(reason))
  elseif not self.state.is_restored then
    restore(self)
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
