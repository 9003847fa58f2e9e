--- peer_selection.lua chooses the nodes to hold links with.
--
-- Asked every 30 seconds and when a peer came or went. Of those that it names, the ones that are no
-- peers yet are dialled; one that it leaves out is dropped when its place is wanted, but never a peer
-- that dialled this node or that main.lua names, a neighbour in the ring, or one that would be left
-- with fewer than 3 peers.
--
-- As it stands it holds three quarters of the pool: the peers of main.lua, the two neighbours in the
-- ring of all names (they keep the network in one piece), and of the rest half the nearest (they are
-- fast) and half at random (they keep it in one piece when a whole region dies).
--
-- When it raises an error, runs too long or answers something else, the links stay as they are.

---@type relay.policy.peer_selection
local peer_selection = {}

-- What each of candidates holds:
--   name
--   linked      it is a peer now
--   dialled     this node made the link
--   configured  main.lua names it as a peer
--   ring        it is a neighbour in the ring
--   latency_ms  round trip; nil: not known
--   degree      how many peers it has; nil: not known
--   via         a peer of this node that has a link with it; nil: none is known
--   random      0 to 1; drawn once for each node, so that a choice by it stays

local LEAST = 4 -- fewer links do not keep a network together

-- A new peer has to be clearly nearer than one that is linked already.
local STAYS = 0.7

local function distance(candidate)
  local latency = candidate.latency_ms or math.huge
  return candidate.linked and latency * STAYS or latency
end

local function is_nearer(a, b)
  if distance(a) ~= distance(b) then
    return distance(a) < distance(b)
  end
  return a.name < b.name
end

-- Linked ones first: they were drawn before, or drew this node.
local function is_drawn_before(a, b)
  if a.linked ~= b.linked then
    return a.linked
  end
  if a.random ~= b.random then
    return a.random < b.random
  end
  return a.name < b.name
end

-- Moves the first `count` candidates of the order from `rest` to `names`.
local function take(names, rest, count, order)
  table.sort(rest, order)
  for _ = 1, math.min(count, #rest) do
    names[#names + 1] = table.remove(rest, 1).name
  end
end

--- The names of the nodes to hold, the most important first.
---@param candidates relay.Candidate[]
---@param pool integer links at most
---@param _settings relay.Settings main.lua's
---@return string[]
function peer_selection.choose(candidates, pool, _settings)
  local wanted = math.min(pool, math.max(LEAST, pool * 3 // 4))
  local names, rest = {}, {}
  for _, candidate in ipairs(candidates) do
    if candidate.configured or candidate.ring then
      names[#names + 1] = candidate.name
    else
      rest[#rest + 1] = candidate
    end
  end
  local left = math.max(0, wanted - #names)
  take(names, rest, (left + 1) // 2, is_nearer)
  take(names, rest, left // 2, is_drawn_before)
  return names
end

return peer_selection
