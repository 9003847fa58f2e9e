--- chronicle.lua: keeps the history open and written, whatever becomes of its file.
--
-- What cannot be written stays, and is tried again after 5 seconds, then 10, up to a minute; each time the
-- history is opened anew, for the file may be another by then. A failure is told once in the log, and once
-- that it is over. The surprising rule: a reload may break a write off that has happened all the same. The
-- next load writes that again, and the history takes it once.

local relay = require "relay"
local engine = require "relay.engine"

local chronicle = {}
chronicle.__index = chronicle

local RETRY_SECONDS, RETRY_SECONDS_MAX = 5, 60

---@class relay.master.Chronicle
---@field history? relay.History nil: it could not be opened yet
---@field state relay.master.KeptState
---@field failed_at? number Unix seconds; nil: all is well
---@field delay number seconds from there to the next try

---@class relay.master.ChronicleGiven
---@field open fun(): relay.History?, string?
---@field nodes relay.master.Nodes
---@field events relay.master.Events

---@param given relay.master.ChronicleGiven
---@return relay.master.Chronicle
function chronicle.new(given)
  return setmetatable({
    open_history = given.open, nodes = given.nodes, events = given.events, delay = RETRY_SECONDS,
  }, chronicle)
end

-- ── Failures ─────────────────────────────────────────────────────────────────────────────────

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

local function fail(self, now, tell, text, reason)
  if self.failed_at then
    self.delay = math.min(2 * self.delay, RETRY_SECONDS_MAX)
  else
    tell(text .. advice(reason))
  end
  self.failed_at = now
end

local function succeed(self)
  if self.failed_at then
    relay.log.info "overview: the history is written again"
  end
  self.failed_at, self.delay = nil, RETRY_SECONDS
end

-- ── Opening ──────────────────────────────────────────────────────────────────────────────────

-- What happened before this node started is in the history. Nil and why, when it could not be read.
local function restore(self, now)
  local known, reason = self.history:nodes(now)
  local ok = known ~= nil
  if ok then
    ok, reason = self.events:restore()
  end
  if ok then
    self.nodes:restore(known)
    self.state.is_restored = true
  end
  return ok, reason
end

-- Whether there is one to write to. One that was open before stays, so that it says what is wrong.
local function open(self, now)
  local history, reason = self.open_history()
  if not history then
    fail(self, now, relay.log.error, "overview: no histories: ", reason)
    return false
  end
  self.history = history
  local is_restored = self.state.is_restored
  if not is_restored then
    is_restored, reason = restore(self, now)
  end
  if not is_restored then
    fail(self, now, relay.log.warn, "overview: the history does not tell of earlier: ", reason)
  end
  return is_restored
end

--- The first try. Waits.
---@param state relay.master.KeptState
---@param now number Unix seconds
function chronicle:begin(state, now)
  self.state = state
  open(self, now)
end

-- ── Writing ──────────────────────────────────────────────────────────────────────────────────

-- The round may leave another one meanwhile.
local function write_sample(self)
  local sample = self.state.sample
  if not sample then
    return true
  end
  local ok, reason = self.history:add(sample.at, sample.samples)
  if ok and self.state.sample == sample then
    self.state.sample = nil
  end
  return ok, reason
end

local function write_all(self, now)
  local ok, reason = write_sample(self)
  if ok then
    ok, reason = self.events:flush()
  end
  if ok then
    succeed(self)
  else
    fail(self, now, relay.log.warn, "overview: the history is not written: ", reason)
  end
end

--- Writes what the rounds left and what happened. By a timer of its own: a disk that hangs holds no round.
---@param now number Unix seconds
function chronicle:write(now)
  if not self.failed_at then
    write_all(self, now)
  elseif math.abs(now - self.failed_at) >= self.delay and open(self, now) then
    write_all(self, now)
  end
end

return chronicle
