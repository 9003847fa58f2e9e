--- nearest.lua decides which node a client shall use.
--
-- Asked on the master, for every GET /nearest. As it stands: nodes that are well before those that are not,
-- then those of the client's region, then those with little to do. The region is what the client
-- says (?region=eu, or the header X-Region), or else what its address tells by the table below.
--
-- When it raises an error, runs too long or answers something else, the client is sent to the healthy
-- node with the fewest clients.

---@type relay.policy.nearest
local nearest = {}

-- Regions by the beginning of an address: "10.1.", "10.0.0.0/8", "2001:db8:" or "2001:db8::/32". The
-- longest one counts. What stands in `nearest` of main.lua's settings goes over it.
local REGIONS = {
  -- ["10.1."] = "eu",
}

-- What request holds:
--   time     Unix seconds
--   address  the client's, "192.0.2.7"
--   region   that the client says; nil: none
--   query    by name: what stands behind the "?"
--   headers  by lower-case name
--   nodes    those that a client can be sent to. Each has
--     name, host
--     region      main.lua's; nil: none
--     clients     how many it has, with those that were sent there since it said so
--     load        of its host, over a minute; nil: not known
--     health      "good", "degraded" or "bad"; nil: not known
--     draining    it is about to stop
--     latency_ms  round trip from the master; nil: not known

local ANSWERED = 4 -- one, and the next three
local CLIENTS_A_LOAD = 100 -- so many clients count as much as a load of 1

-- ── Addresses ────────────────────────────────────────────────────────────────────────────────

-- All are IPv6, as two numbers of 64 bits: 192.0.2.7 is ::ffff:192.0.2.7.
local IPV4_LOW = 0xffff << 32

local function ipv4(text)
  local low, count = 0, 0
  for digits in (text .. "."):gmatch "(%d+)%." do
    local byte = #digits <= 3 and tonumber(digits) or 256
    if byte > 255 then
      return nil
    end
    low, count = low << 8 | byte, count + 1
  end
  if count == 4 and text:find "^[%d.]+$" then
    return { high = 0, low = IPV4_LOW | low }
  end
end

-- The 16-bit groups of one side of a "::"; nil: it is none.
local function groups_of(text)
  local groups = {}
  for group in (text == "" and "" or text .. ":"):gmatch "([^:]*):" do
    if not group:find "^%x%x?%x?%x?$" then
      return nil
    end
    groups[#groups + 1] = tonumber(group, 16)
  end
  return groups
end

-- "::ffff:192.0.2.7" → "::ffff:c000:207"
local function without_dots(text)
  local head, tail = text:match "^(.*:)(%d+%.%d+%.%d+%.%d+)$"
  local address = head and ipv4(tail)
  return address and ("%s%x:%x"):format(head, address.low >> 16 & 0xffff, address.low & 0xffff) or text
end

local function ipv6(text)
  text = without_dots(text:gsub("%%.*$", ""))
  local head, tail = text:match "^(.-)::(.*)$"
  local before, behind = groups_of(head or text), groups_of(tail or "")
  if not before or not behind then
    return nil
  end
  local missing = 8 - #before - #behind
  if head and missing < 1 or not head and missing ~= 0 then
    return nil
  end
  local all = table.move(behind, 1, #behind, 9 - #behind, before)
  local halves = { 0, 0 }
  for place = 1, 8 do
    local half = place <= 4 and 1 or 2
    halves[half] = halves[half] << 16 | (all[place] or 0)
  end
  return { high = halves[1], low = halves[2] }
end

local function parse(text)
  if text:find(":", 1, true) then
    return ipv6(text)
  end
  return ipv4(text)
end

-- "10.1." → "10.1.0.0", 16; "2001:db8:" → "2001:db8::", 32
local function complete(beginning)
  if beginning:find "%.$" then
    local count = select(2, beginning:gsub("%.", ""))
    return beginning .. ("0."):rep(4 - count):sub(1, -2), 8 * count
  end
  local groups = select(2, beginning:gsub("%x+", ""))
  return beginning:gsub(":*$", "::"), 16 * groups
end

-- An address and how many of its bits count.
local function prefix(text)
  local base, bits = text:match "^([^/]+)/(%d%d?%d?)$"
  if not base then
    base = text
    if text:find "[.:]$" then
      base, bits = complete(text)
    end
  end
  local address = parse(base)
  local most = base:find(":", 1, true) and 128 or 32
  bits = tonumber(bits or most)
  if not address or bits > most then
    error(("%q is no address, nor the beginning of one"):format(text), 0)
  end
  address.bits = bits + 128 - most
  return address
end

local function holds(one, address)
  if one.bits <= 64 then
    return (one.high ~ address.high) >> (64 - one.bits) == 0
  end
  return one.high == address.high and (one.low ~ address.low) >> (128 - one.bits) == 0
end

-- ── Regions ──────────────────────────────────────────────────────────────────────────────────

local function is_longer(a, b)
  if a.bits ~= b.bits then
    return a.bits > b.bits
  end
  return a.text < b.text
end

-- The prefixes, the longest first.
local function prefixes_of(settings)
  local regions, list = {}, {}
  for _, given in ipairs { REGIONS, settings.nearest or {} } do
    for text, region in pairs(given) do
      regions[text] = region
    end
  end
  for text, region in pairs(regions) do
    local one = prefix(text)
    one.text, one.region = text, region
    list[#list + 1] = one
  end
  table.sort(list, is_longer)
  return list
end

-- Read once: the settings are the same table in every call.
local read_settings, read_prefixes

local function region_of(text, settings)
  if settings ~= read_settings then
    read_prefixes = prefixes_of(settings)
    read_settings = settings
  end
  local address = #read_prefixes > 0 and parse(text)
  for _, one in ipairs(address and read_prefixes or {}) do
    if holds(one, address) then
      return one.region
    end
  end
end

--- Whether the table of main.lua's settings can be read. When the file is loaded: a mistake is told by
--- `check` and by a reload, and not by the first client.
---@param settings relay.Settings
function nearest.check(settings)
  local ok, problem = pcall(prefixes_of, settings)
  if not ok then
    error("settings.nearest: " .. problem)
  end
end

-- ── The choice ───────────────────────────────────────────────────────────────────────────────

local HEALTH = { good = 0, degraded = 1, bad = 2 }

-- The smaller the better: what is ill or leaves, then what is elsewhere.
local function class_of(node, region)
  local class = 4 * (HEALTH[node.health] or 1)
  class = class + (node.draining and 16 or 0)
  return class + (node.region ~= region and 1 or 0)
end

local function is_better(a, b)
  if a.class ~= b.class then
    return a.class < b.class
  end
  if a.burden ~= b.burden then
    return a.burden < b.burden
  end
  return a.name < b.name
end

--- The names of the nodes to use, the best first.
---@param request relay.NearestRequest
---@param settings relay.Settings main.lua's
---@return string[]
function nearest.choose(request, settings)
  local region = request.region or region_of(request.address, settings)
  local best = {}
  for _, node in ipairs(request.nodes) do
    node.class = class_of(node, region)
    node.burden = node.clients + CLIENTS_A_LOAD * (node.load or 0)
    local place = #best + 1
    while place > 1 and is_better(node, best[place - 1]) do
      place = place - 1
    end
    table.insert(best, place, node)
    best[ANSWERED + 1] = nil
  end
  local names = {}
  for place, node in ipairs(best) do
    names[place] = node.name
  end
  return names
end

nearest._region_of = region_of

return nearest
