--- synchronise.lua: the master's routine that keeps reserved channels in step with what is open.
--
-- protocol-notes "list-reserved-channels": "The master node will have a routine to ask all nodes for
-- their reserved channels, and if a node is out of sync with the network, will either add or remove
-- reserved channels". docs/mesh.md tells which differences there are and when one is mended: when two
-- rounds found it, and a look right before.

local relay = require "relay"
local engine = require "relay.engine"
local drift = require "relay.master.drift"
local mends = require "relay.master.mends"
local side_by_side = require "relay.master.side_by_side"
local survey = require "relay.master.survey"

local synchronise = {}

local ROUND_SECONDS, FIRST_SECONDS = 15, 5
local MENDS_A_ROUND, MENDS_A_LOOK = 500, 250
local AT_A_TIME = 8
local PROBES = 16 -- 6 s of a round at most
local ROUND_SECONDS_MAX = 12 -- so that whoever does not answer makes no round come late
local LASTING_SECONDS = 10 -- our own kind agrees within that (docs/mesh.md, R3)
local TRIES = 2 -- mends of one difference that change nothing, until it rests
local REST_SECONDS, REST_SECONDS_MAX = 30, 300
local LINES_MAX = 10 -- of one kind, in the log, in a round

---@class relay.SynchroniseStatus
---@field at? number Unix time of the last round's end; nil: there was none
---@field asked integer nodes that were asked in it
---@field silent integer of them those that gave no lists, and those that went a moment ago
---@field differences integer that it saw, mended ones among them
---@field lasting integer of our own kind's, those that have lasted for 10 s
---@field conflicts integer names that are open with two passwords
---@field mended integer in all rounds
---@field rounds integer
---@field seconds number that the last one took

---@class relay.Mended
---@field at number
---@field kind "mended"
---@field node? string nil: several, that are not told one by one
---@field text string

---@class relay.SynchroniseOptions: relay.MendTools
---@field on_mended? fun(event: relay.Mended)
---@field most? integer mends in a round, 500
---@field claims? fun(): relay.ChannelFacts[] with the node that holds each
---@field every? fun(seconds: number, handler: fun())
---@field after? fun(seconds: number, handler: fun())

---@class relay.Synchronise
local Synchronise = {}
local running -- the one that was started last
Synchronise.__index = Synchronise

-- What all nodes claim, this one's open channels among them.
local function claims_of(tools)
  return function()
    local claims = relay.reserved()
    for _, channel in ipairs(tools.channels()) do
      if channel.scope ~= "node" then
        claims[#claims + 1] = { name = channel.name, password = channel.password, node = tools.name() }
      end
    end
    return claims
  end
end

local function defaults()
  return {
    request = relay.request,
    nodes = relay.nodes,
    name = relay.name,
    channels = relay.channels,
    claim = engine.claim,
    doubt = engine.plain_doubt,
    freed = engine.plain_freed,
    sleep = relay.sleep,
    clock = engine.time,
    every = relay.every,
    after = relay.after,
    spawn = function(handler)
      relay.after(0, handler)
    end,
    on_mended = function() end,
    most = MENDS_A_ROUND,
  }
end

--- One routine. Whatever it needs of the world can be given in its place; specs do.
---@param given? relay.SynchroniseOptions
---@return relay.Synchronise
function synchronise.new(given)
  local tools = defaults()
  for key, value in pairs(given or {}) do
    tools[key] = value
  end
  tools.claims = tools.claims or claims_of(tools)
  return setmetatable({
    tools = tools,
    before = drift.none(),
    memory = survey.memory(),
    since = {}, -- when a difference of our own kind was found first, by key
    meant = {}, -- claims to what is open nowhere that their owners want so, by key
    tries = {}, -- { times, rests_until } of what was mended and is there again, by key
    stubborn = {}, -- nodes that were told of because of those
    quarrels = {}, -- names with two passwords, in the last round
    hushed = {}, -- why a node was silent, in the last round
    last = {
      asked = 0, silent = 0, differences = 0, lasting = 0, conflicts = 0, mended = 0, rounds = 0, seconds = 0,
    },
  }, Synchronise)
end

-- One look at the whole network: who answered, what differs, which names have two passwords.
local function look(self)
  local tools, found = self.tools, drift.none()
  local pace = survey.pace(tools)
  local view = survey.open(tools, self.memory, self.limits)
  local wanted = drift.wanted(view, tools.claims(), pace)
  survey.reserved(tools, view, self.limits, function(node, reserved)
    drift.add_node(found, view, wanted, node, reserved, survey.pace(tools))
  end)
  local contested = drift.add_claims(found, view, wanted, pace)
  local is_whole = next(view.silent) == nil
  drift.leave_out(found, function(one)
    local needs_all = one.kind == "orphan" or one.kind == "hollow"
    return needs_all and not is_whole or self.meant[one.key] ~= nil
  end)
  return view, found, contested
end

-- ── What a person hears ──────────────────────────────────────────────────────────────────────

-- So many lines at most; what is not told has not been told in the next round either.
local function teller(write)
  local lines = 0
  return function(text)
    lines = lines + 1
    if lines <= LINES_MAX then
      write("synchronise: " .. text)
    end
    return lines <= LINES_MAX
  end
end

local function publish(self, node, text)
  relay.log.info(node and ("synchronise: %s: %s"):format(node, text) or "synchronise: " .. text)
  local event = { at = self.tools.clock(), kind = "mended", node = node, text = text }
  local ok, message = pcall(self.tools.on_mended, event)
  if not ok then
    relay.log.error(("synchronise: on_mended: %s"):format(tostring(message)))
  end
end

-- The first ones by themselves, the others together at the round's end.
local function tell_mended(self, mended)
  self.last.mended = self.last.mended + 1
  self.told = self.told + 1
  if self.told <= LINES_MAX then
    publish(self, mended.node, mended.text)
  end
end

local function tell_others(self)
  if self.told > LINES_MAX then
    publish(self, nil, ("and %d more were mended"):format(self.told - LINES_MAX))
  end
end

-- Nodes that say ok to a mend, and differ as before.
local function tell_stubborn(self, found)
  local warn, stubborn = teller(relay.log.warn), {}
  for key, try in pairs(self.tries) do
    local one = found.by_key[key]
    if try.times >= TRIES and not stubborn[one.node] then
      stubborn[one.node] = self.stubborn[one.node]
        or warn(("%s says ok and does not do it: '%s' (%s)"):format(one.node, one.channel, one.kind))
    end
  end
  self.stubborn = stubborn
end

-- A node that has become silent.
local function tell_silent(self, view)
  local warn, hushed, count = teller(relay.log.warn), {}, 0
  for name, reason in pairs(view.silent) do
    count = count + 1
    local is_told = self.hushed[name]
      or warn(("%s gave no lists, so nothing is freed: %s"):format(name, reason))
    hushed[name] = is_told or nil
  end
  self.hushed = hushed
  return count
end

-- A name that two rounds found with two passwords.
local function tell_contested(self, contested)
  local warn, quarrels = teller(relay.log.warn), {}
  for _, channel in ipairs(contested) do
    local known = self.quarrels[channel]
    local is_told = known == "seen" and warn(("'%s' is open with two passwords"):format(channel))
    quarrels[channel] = (is_told or known == "told") and "told" or "seen"
  end
  self.quarrels = quarrels
end

-- What our own kind has not levelled by itself in time.
local function tell_lasting(self, found)
  local warn, since, now, count = teller(relay.log.warn), {}, self.tools.clock(), 0
  for key, one in pairs(found.by_key) do
    local known = one.is_ours and (self.since[key] or { at = now }) or nil
    since[key] = known
    if known and now - known.at >= LASTING_SECONDS then
      count = count + 1
      known.is_told = known.is_told
        or warn(("%s does not agree about '%s' (%s)"):format(one.node, one.channel, one.kind))
    end
  end
  self.since = since
  return count
end

-- ── A round ──────────────────────────────────────────────────────────────────────────────────

-- The same difference is mended twice; when it comes back, ever more rarely.
local function note_try(self, one)
  local times = (self.tries[one.key] and self.tries[one.key].times or 0) + 1
  local rest = times < TRIES and 0 or math.min(REST_SECONDS << math.min(times - TRIES, 8), REST_SECONDS_MAX)
  self.tries[one.key] = { times = times, rests_until = self.tools.clock() + rest }
end

-- What is gone was mended.
local function forget_tries(self, found)
  for key in pairs(self.tries) do
    if not found.by_key[key] then
      self.tries[key] = nil
    end
  end
end

local function mend_one(self, one)
  local text, is_meant = mends.mend(self.tools, one)
  if is_meant then
    self.meant[one.key] = one
  end
  if not text then
    return nil
  end
  note_try(self, one)
  local mended = { at = self.tools.clock(), kind = "mended", node = one.node, text = text }
  tell_mended(self, mended)
  return mended
end

local function is_over(self)
  return self.tools.clock() >= self.limits.ends_at
end

-- Those that another look finds once more. They go out of `found`, mended or not: what cannot be mended
-- shall not take the place of what can, so it is tried in every other round.
local function mend_piece(self, piece, found, events)
  local _, again = look(self)
  local due = drift.again(piece, again, MENDS_A_LOOK)
  side_by_side.each(due, AT_A_TIME, function(one)
    if is_over(self) then
      return
    end
    found.by_key[one.key] = nil
    local event = mend_one(self, one) -- waits, and others go on meanwhile
    events[#events + 1] = event
  end, self.tools)
end

local function mend_all(self, found)
  local due, events = drift.again(self.before.by_key, found, self.tools.most), {}
  local piece = {}
  for index, one in ipairs(due) do
    piece[#piece + 1] = one
    if is_over(self) then
      break
    elseif #piece == MENDS_A_LOOK or index == #due then
      mend_piece(self, piece, found, events)
      piece = {}
    end
  end
  return events
end

-- A claim that was meant, and is gone, may be asked about again when it comes back.
local function forget_meant(self)
  for key in pairs(self.meant) do
    local _, _, owner = self.tools.claim(self.meant[key].channel)
    if owner ~= self.meant[key].node then
      self.meant[key] = nil
    end
  end
end

local function run(self)
  local began_at = self.tools.clock()
  self.limits = { ends_at = began_at + ROUND_SECONDS_MAX, probes = PROBES }
  self.told = 0 -- mends, in this round
  forget_meant(self)
  local view, found, contested = look(self)
  self.limits.probes = 0
  self.last.asked, self.last.differences, self.last.conflicts = view.asked, found.seen, #contested
  self.last.silent = tell_silent(self, view)
  self.last.lasting = tell_lasting(self, found)
  tell_contested(self, contested)
  forget_tries(self, found)
  tell_stubborn(self, found)
  drift.leave_out(found, function(one)
    local try = self.tries[one.key]
    return one.is_ours or try ~= nil and try.rests_until > began_at
  end)
  local events = mend_all(self, found)
  tell_others(self)
  self.before = found
  self.last.at = self.tools.clock()
  self.last.rounds, self.last.seconds = self.last.rounds + 1, self.last.at - began_at
  return events
end

--- Compares all nodes, and mends what the round before found, too. Waits, for seconds in a large network;
--- one round at a time. It ends after about 12 s; what had no turn by then counts as silent, or waits.
---@return relay.Mended[]? mended
---@return string? reason "a round runs already"
function Synchronise:round()
  if self.is_running then
    return nil, "a round runs already"
  end
  self.is_running = true
  local _ <close> = setmetatable({}, {
    __close = function()
      self.is_running = false
    end,
  })
  return run(self)
end

--- A round every so many seconds from now on, 15 unless said otherwise, the first one sooner. A round that
--- fails is logged.
---@param seconds? number
function Synchronise:start(seconds)
  local function go()
    local ok, message = pcall(self.round, self)
    if not ok then
      relay.log.error(("synchronise: %s"):format(tostring(message)))
    end
  end
  seconds = seconds or ROUND_SECONDS
  running = self
  self.tools.after(math.min(FIRST_SECONDS, seconds), go)
  self.tools.every(seconds, go)
end

---@return relay.SynchroniseStatus
function Synchronise:status()
  local status = {}
  for key, value in pairs(self.last) do
    status[key] = value
  end
  return status
end

--- How the node's own routine does; nil on a node that is no master.
---@return relay.SynchroniseStatus?
function synchronise.status()
  return running and running:status()
end

return synchronise
