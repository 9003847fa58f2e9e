--- candidates.lua: which nodes could be held as peers, and what follows from a choice among them.
--
-- Pure functions over plain tables; relay/remote_connection.lua asks and acts.

local ring = require "relay.ring"

local candidates = {}

-- The peers that another node keeps when one of its links is dropped.
local DEGREE_LEFT = 3

local function add(found, name)
  local candidate = found.by_name[name]
  if not candidate then
    candidate = { name = name, linked = false, dialled = false, configured = false, ring = false }
    found.by_name[name] = candidate
    found.list[#found.list + 1] = candidate
  end
  return candidate
end

local function add_peers(found, peers, lists)
  for _, peer in ipairs(peers) do
    local candidate = add(found, peer.name)
    candidate.linked = true
    candidate.dialled = peer.is_dialled == true
    candidate.configured = peer.is_configured == true
    candidate.latency_ms = peer.latency_ms
    candidate.degree = lists[peer.name] and #lists[peer.name]
  end
end

local function add_nodes(found, nodes)
  for _, node in ipairs(nodes) do
    local candidate = add(found, node.name)
    candidate.latency_ms = candidate.latency_ms or node.distance_ms and 2 * node.distance_ms
  end
end

-- In the order of the peers, so that the same facts give the same answer.
local function add_lists(found, peers, lists, me)
  for _, peer in ipairs(peers) do
    for _, name in ipairs(lists[peer.name] or {}) do
      if name ~= me then
        local candidate = add(found, name)
        candidate.via = candidate.via or peer.name
      end
    end
  end
end

---@class relay.CandidateFacts
---@field me string this node's name
---@field peers relay.PeerFacts[] relay.peers()
---@field nodes relay.NodeFacts[] relay.nodes()
---@field lists table<string, string[]> by peer: what it answered to list-nodes
---@field random fun(name: string): number

--- All nodes that are known, this one left out.
---@param facts relay.CandidateFacts
---@return relay.Candidate[]
function candidates.collect(facts)
  local found = { by_name = {}, list = {} }
  add_peers(found, facts.peers, facts.lists)
  add_nodes(found, facts.nodes)
  add_lists(found, facts.peers, facts.lists, facts.me)
  local names = {}
  for index, candidate in ipairs(found.list) do
    names[index] = candidate.name
    candidate.random = facts.random(candidate.name)
  end
  local neighbours = ring.neighbours(facts.me, names)
  for _, candidate in ipairs(found.list) do
    candidate.ring = neighbours[candidate.name] == true
  end
  return found.list
end

local function by_name(list)
  local index = {}
  for _, candidate in ipairs(list) do
    index[candidate.name] = candidate
  end
  return index
end

--- The chosen ones that are no peers yet, the best first. A name that is no candidate's is left out.
---@param list relay.Candidate[]
---@param chosen string[]
---@return relay.Candidate[]
function candidates.to_dial(list, chosen)
  local known, missing = by_name(list), {}
  for _, name in ipairs(chosen) do
    local candidate = known[name]
    if candidate and not candidate.linked then
      missing[#missing + 1] = candidate
      known[name] = nil
    end
  end
  return missing
end

-- A link that the other end made is the other end's to drop: its main.lua may name this node, and it
-- would dial again at once.
local function may_drop(candidate)
  return candidate.linked
    and candidate.dialled
    and not candidate.configured
    and not candidate.ring
    and candidate.degree ~= nil
    and candidate.degree > DEGREE_LEFT
end

--- The peer that goes when the pool is more than full, or full and a chosen node wants its place: the
--- slowest that was not chosen and can be spared.
---@param list relay.Candidate[]
---@param chosen string[]
---@param pool integer
---@param is_wanted boolean
---@return relay.Candidate? peer
function candidates.to_drop(list, chosen, pool, is_wanted)
  local linked, is_chosen, worst = 0, {}, nil
  for _, name in ipairs(chosen) do
    is_chosen[name] = true
  end
  for _, candidate in ipairs(list) do
    linked = linked + (candidate.linked and 1 or 0)
    local is_spare = may_drop(candidate) and not is_chosen[candidate.name]
    if is_spare and (not worst or (candidate.latency_ms or 0) > (worst.latency_ms or 0)) then
      worst = candidate
    end
  end
  if linked > pool or (linked == pool and is_wanted) then
    return worst
  end
end

return candidates
