--- back_off.lua: how long a node that could not be reached is left alone, counted in rounds.
--
-- Each failure doubles it, up to ROUNDS_MAX.

local back_off = {}

local ROUNDS_MAX = 20 -- ten minutes of rounds

---@alias relay.BackOff table<string, { failures: integer, next_round: integer }> by node

---@param lost relay.BackOff
---@param name string
---@param round integer the one that it failed in
function back_off.failed(lost, name, round)
  local failures = lost[name] and lost[name].failures + 1 or 1
  local rounds = failures > 5 and ROUNDS_MAX or 1 << (failures - 1)
  lost[name] = { failures = failures, next_round = round + rounds }
end

---@param lost relay.BackOff
---@param name string
function back_off.reached(lost, name)
  lost[name] = nil
end

---@param lost relay.BackOff
---@param name string
---@param round integer
---@return boolean
function back_off.is_due(lost, name, round)
  return not lost[name] or round >= lost[name].next_round
end

return back_off
