--- master.lua: what a master does: it asks all nodes, remembers, and shows it.
--
-- relay.node installs it where main.lua says `master = true`. A round is asked at every quarter of a
-- minute, and while somebody looks every three seconds a light one. Several masters in a network do
-- not know of each other: each asks, keeps and shows for itself.

local relay = require "relay"
local engine = require "relay.engine"
local collect = require "relay.master.collect"
local events = require "relay.master.events"
local nearest = require "relay.master.nearest"
local nodes = require "relay.master.nodes"
local overview = require "relay.master.overview"
local page = require "relay.master.page"

local master = {}
master.__index = master

local FULL_SECONDS = 15 -- the rounds come at multiples of the clock, so every step of a history has one
local LIGHT_SECONDS = 3
local SHOW_SECONDS = 1 -- between two frames, when something has happened
local TICK_SECONDS = 0.5
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

-- A history that fails is told once, until it works again.
local function keep(self, at)
  if not self.history then
    return
  end
  local ok, reason = self.history:add(at, self.collect:samples(at))
  if not ok and not self.has_failed then
    relay.log.warn("overview: the history is not written: " .. tostring(reason))
  end
  self.has_failed = not ok
end

local function round(self, now, is_full)
  self.asked_at, self.node_count = now, #relay.nodes()
  self.collect:round(now, is_full)
  self.nearest:update(self.nodes)
  show(self, engine.time())
  if is_full then
    keep(self, now)
  end
  self.events:flush()
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
    self.events:flush()
  end
end

-- ── The beginning ────────────────────────────────────────────────────────────────────────────

-- After a reload what the last load knew; after a start what the history has.
local function remember(self, now)
  local state = relay.state[STATE]
  if type(state) == "table" and type(state.records) == "table" and type(state.events) == "table" then
    self.nodes:adopt(state.records)
    self.events:adopt(state.events)
  else
    self.nodes:begin(engine.boot(), now + FOUND_SECONDS)
    self.events:restore()
    self.events:add("started", relay.name(), "watches the network")
  end
  relay.state[STATE] = { records = self.nodes.records, events = self.events.list }
end

--- The first round comes at once; its time is no multiple, so the history does not get it.
function master:begin()
  local now = engine.time()
  remember(self, now)
  self.full, self.light = now // FULL_SECONDS, now // LIGHT_SECONDS
  self.asked_at, self.node_count = now, #relay.nodes()
  self.collect:round(now, true)
  self.nearest:update(self.nodes)
  self.events:flush()
  self.has_begun = true
  show(self, engine.time())
end

--- Starts all of it; while main.lua loads, once.
function master.install()
  local self = new()
  page.install()
  self.overview:install()
  self.nearest:install()
  relay.after(0, function()
    self:begin()
  end)
  relay.every(TICK_SECONDS, function()
    if self.has_begun then
      self:tick()
    end
  end)
end

return master
