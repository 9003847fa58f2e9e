--- rates.lua: how often strangers may ask: a bucket for each address, and one for all of them.
--
-- An IPv6 address counts by its /64, as it does for limits.connections_per_address. Nothing is kept of those
-- who are refused: an address has an entry when it was let through, so there are never more entries than the
-- bucket for all lets through in the time that theirs takes to fill up.

local rates = {}
rates.__index = rates

---@class relay.master.Rate
---@field per_second number
---@field burst number how many at once

---@class relay.master.Bucket
---@field left number
---@field at number when it had so many, Unix seconds

---@class relay.master.Rates
---@field each relay.master.Rate
---@field all relay.master.Rate
---@field whole relay.master.Bucket of all
---@field recent table<string, relay.master.Bucket> by address: since `since`
---@field older table<string, relay.master.Bucket> before it; one in neither is full
---@field since number

---@param given { each: relay.master.Rate, all: relay.master.Rate }
---@return relay.master.Rates
function rates.new(given)
  return setmetatable({
    each = given.each, all = given.all, whole = { left = given.all.burst, at = 0 },
    recent = {}, older = {}, since = 0,
  }, rates)
end

-- The first four groups, without zeros at their end: so it is the same however they are shortened.
local function network_of(address)
  if address:find(".", 1, true) or not address:find(":", 1, true) then
    return address
  end
  local groups = {}
  for group in address:gsub("::.*", ""):gmatch "%x+" do
    groups[#groups + 1] = group
  end
  while groups[5] or groups[1] and groups[#groups]:find "^0+$" do
    groups[#groups] = nil
  end
  return table.concat(groups, ":") .. "::"
end

-- A clock that is set back fills nothing and empties nothing.
local function fill(bucket, rate, now)
  bucket.left = math.min(rate.burst, bucket.left + math.max(0, now - bucket.at) * rate.per_second)
  bucket.at = now
  return bucket.left >= 1
end

-- What was not asked for while a bucket fills up is forgotten.
local function forget(self, now)
  if math.abs(now - self.since) >= self.each.burst / self.each.per_second then
    self.older, self.recent, self.since = self.recent, {}, now
  end
end

--- Whether one more may ask; then it is counted.
---@param address string
---@param now number Unix seconds
---@return boolean
function rates:take(address, now)
  forget(self, now)
  local key = network_of(address)
  local bucket = self.recent[key] or self.older[key] or { left = self.each.burst, at = now }
  if not fill(bucket, self.each, now) or not fill(self.whole, self.all, now) then
    return false
  end
  bucket.left, self.whole.left = bucket.left - 1, self.whole.left - 1
  self.recent[key] = bucket
  return true
end

return rates
