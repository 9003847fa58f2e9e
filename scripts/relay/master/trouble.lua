--- trouble.lua: what of a node's counters is trouble when it rises, and how that is said.

local trouble = {}

-- The counter, and what is said of 1 and of more; it reads on from the node's name.
local KINDS = {
  { "messages_dropped", "dropped a message for a slow reader", "dropped %d messages for slow readers" },
  { "slow_clients", "closed a slow client", "closed %d slow clients" },
  { "connections_refused", "refused a connection", "refused %d connections" },
  { "policy_failures", "policies failed once", "policies failed %d times" },
  { "handler_failures", "handlers failed once", "handlers failed %d times" },
}

--- The counters, of relay.master.Process.
---@type string[]
trouble.COUNTERS = {}
for place, kind in ipairs(KINDS) do
  trouble.COUNTERS[place] = kind[1]
end

---@alias relay.master.Counters table<string, integer> those, and reloads_refused

--- What a node counts from its start on.
---@return relay.master.Counters
function trouble.zero()
  local counters = { reloads_refused = 0 }
  for _, counter in ipairs(trouble.COUNTERS) do
    counters[counter] = 0
  end
  return counters
end

--- The counters of what a node told.
---@param told relay.master.ProcessTold
---@return relay.master.Counters
function trouble.copy(told)
  local counters = {}
  for counter in pairs(trouble.zero()) do
    counters[counter] = told[counter]
  end
  return counters
end

--- By how much a counter has risen; what one of the two does not tell has not.
---@param before relay.master.Counters
---@param after relay.master.Counters
---@param counter string
---@return integer
function trouble.rise(before, after, counter)
  return before[counter] and after[counter] and math.max(0, after[counter] - before[counter]) or 0
end

--- What has happened between two looks.
---@param before relay.master.Counters
---@param after relay.master.Counters
---@return string? text nil: nothing
function trouble.text(before, after)
  local parts = {}
  for _, kind in ipairs(KINDS) do
    local rise = trouble.rise(before, after, kind[1])
    if rise > 0 then
      parts[#parts + 1] = rise == 1 and kind[2] or kind[3]:format(rise)
    end
  end
  return #parts > 0 and table.concat(parts, ", ") or nil
end

return trouble
