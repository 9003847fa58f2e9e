--- process.lua: what the processes of the nodes take, and what went wrong in them lately.
--
-- Nodes tell counters since their start. Of each some samples are kept, one in 15 seconds for five minutes;
-- the time between them is the node's own, so that a slow answer makes no processor busier.

local trouble = require "relay.master.trouble"

local process = {}
process.__index = process

local RECENT_SECONDS = 300
local SAMPLE_SECONDS = 15
local CPU_SECONDS_MIN = 1 -- less is too short to measure

---@class relay.master.ProcessTold what a node tells of its process; what it did not tell is nil
---@field resident_bytes? number
---@field cpu_seconds? number of all threads, since the start
---@field queued_bytes? number that wait for readers
---@field links? integer
---@field messages_dropped? integer since the start, as all below
---@field slow_clients? integer
---@field connections_refused? integer
---@field policy_failures? integer
---@field handler_failures? integer
---@field reloads_refused? integer

---@class relay.master.Process: relay.master.ProcessTold
---@field cpu? number how much of a processor it took in the last round, 1 is one whole
---@field recent table<string, integer> by how much each of trouble.COUNTERS rose in the last 5 minutes

-- What is kept of one node. `cpu` was measured from the moment before `uptime` to that.
local function begin(info, told)
  local is_whole = info.uptime_seconds <= RECENT_SECONDS -- all that it counted is recent
  local first = { uptime = info.uptime_seconds, told = told }
  if is_whole then
    first = { uptime = 0, told = trouble.zero() }
  end
  return {
    started_at = info.started_at,
    uptime = info.uptime_seconds,
    cpu_seconds = told.cpu_seconds,
    samples = { first },
  }
end

local function is_another(kept, info)
  return info.started_at ~= kept.started_at or info.uptime_seconds < kept.uptime
end

local function measure_cpu(kept, uptime, told)
  local seconds = uptime - kept.uptime
  if seconds >= CPU_SECONDS_MIN then
    local used = told.cpu_seconds and kept.cpu_seconds and told.cpu_seconds - kept.cpu_seconds
    kept.cpu = used and math.max(0, used / seconds)
    kept.uptime, kept.cpu_seconds = uptime, told.cpu_seconds
  end
end

-- The oldest that stays is the last one that is older than what counts as recent.
local function keep_sample(samples, uptime, told)
  if uptime - samples[#samples].uptime >= SAMPLE_SECONDS then
    samples[#samples + 1] = { uptime = uptime, told = told }
  end
  while samples[2] and samples[2].uptime <= uptime - RECENT_SECONDS do
    table.remove(samples, 1)
  end
end

---@class relay.master.Processes
---@field kept table<string, table> by node

---@return relay.master.Processes
function process.new()
  return setmetatable({ kept = {} }, process)
end

--- A node has told something.
---@param name string
---@param info relay.master.Info
---@return relay.master.Process? nil: it tells nothing of its process
function process:take(name, info)
  local told, kept = info.process, self.kept[name]
  if not told or not info.uptime_seconds then
    self.kept[name] = nil
    return nil
  end
  if not kept or is_another(kept, info) then
    kept = begin(info, told)
    self.kept[name] = kept
  end
  measure_cpu(kept, info.uptime_seconds, told)
  keep_sample(kept.samples, info.uptime_seconds, told)
  local result = { cpu = kept.cpu, recent = {} }
  for key, value in pairs(told) do
    result[key] = value
  end
  for _, counter in ipairs(trouble.COUNTERS) do
    result.recent[counter] = trouble.rise(kept.samples[1].told, told, counter)
  end
  return result
end

--- A node is known no more.
---@param name string
function process:forget(name)
  self.kept[name] = nil
end

return process
