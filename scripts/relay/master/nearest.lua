--- nearest.lua: GET /nearest: which node a client shall use, as policies/nearest.lua says.
--
-- The facts of the nodes are prepared once a round. Between rounds nobody tells how many clients a node
-- has, so those that are sent to one are counted with it: otherwise all of a rush would get the same. Whoever
-- asks is a stranger, so an answer costs about the same however many nodes there are; the policy, whose cost
-- grows with them, is asked as long as there is time for it.

local relay = require "relay"
local engine = require "relay.engine"
local http = require "relay.http"
local host_of = require "relay.host_of"
local rates = require "relay.master.rates"

local nearest = {}
nearest.__index = nearest

local ANSWERED = 4 -- one, and the next three
local NODES_MAX = 1000 -- that the policy is told of
local PIECE = 100 -- nodes, in one turn of the loop
local FACTS_A_SECOND = 40000 -- nodes in all its questions together: a tenth of the loop, about
local BURST_SECONDS = 2
local RATES = { each = { per_second = 10, burst = 50 }, all = { per_second = 1000, burst = 2000 } }

local HEADERS = { ["Access-Control-Allow-Origin"] = "*" }
local LATER = { ["Access-Control-Allow-Origin"] = "*", ["Retry-After"] = "1" }

---@class relay.master.NearestEntry
---@field facts relay.NearestNode
---@field text? string the facts as the policy gets them; nil: they have changed
---@field place integer in the heap

---@class relay.master.Nearest
---@field entries table<string, relay.master.NearestEntry> by name
---@field order string[] the names, in the order in which the policy is told
---@field heap relay.master.NearestEntry[] no entry is before (is_before) the one at half its place

---@return relay.master.Nearest
function nearest.new()
  return setmetatable({
    entries = {}, order = {}, heap = {}, text = nil, left = FACTS_A_SECOND * BURST_SECONDS, at = 0,
    rates = rates.new(RATES),
  }, nearest)
end

-- ── Facts ────────────────────────────────────────────────────────────────────────────────────

-- Round trips from here, and hosts that were configured for peers that said none.
local function look_around()
  local latencies, hosts = { [relay.name()] = 0 }, {}
  for _, node in ipairs(relay.nodes()) do
    latencies[node.name] = node.distance_ms and 2 * node.distance_ms
  end
  local configured = engine.configuration().peers
  for _, peer in ipairs(relay.peers()) do
    latencies[peer.name] = peer.latency_ms or latencies[peer.name]
    hosts[peer.name] = host_of.peer(peer, configured)
  end
  return latencies, hosts
end

---@return relay.NearestNode? facts nil: nobody can be sent there
local function facts_of(name, told, host, latency_ms)
  local info = told.info or {}
  host = host_of.connect(info.host or host)
  return host and {
    name = name,
    host = host,
    region = info.region,
    clients = told.stats and told.stats.clients or 0,
    load = told.host and told.host.load,
    health = info.health,
    draining = info.draining or false,
    latency_ms = latency_ms,
  } or nil
end

local function is_well(facts)
  return facts.health ~= "bad" and facts.health ~= "degraded" and not facts.draining
end

local function is_before(a, b)
  if is_well(a) ~= is_well(b) then
    return is_well(a)
  end
  if a.clients ~= b.clients then
    return a.clients < b.clients
  end
  return a.name < b.name
end

-- Those that a client can be sent to, in the order of is_before.
local function candidates_of(known)
  local latencies, hosts = look_around()
  local list = {}
  for name, told in pairs(known.told) do
    list[#list + 1] = known:is_up(name) and facts_of(name, told, hosts[name], latencies[name]) or nil
  end
  table.sort(list, is_before)
  return list
end

-- What is sorted is a heap.
local function set(self, list, texts)
  local entries, order, heap = {}, {}, {}
  for place, facts in ipairs(list) do
    heap[place] = { facts = facts, text = texts[place], place = place }
    order[place], entries[facts.name] = facts.name, heap[place]
  end
  self.entries, self.order, self.heap, self.text = entries, order, heap, nil
end

--- Takes the facts of all nodes that are up. Waits in large networks.
---@param known relay.master.Nodes
---@return relay.NearestNode[] facts plain values, for the next load
function nearest:update(known)
  local list, texts = {}, {}
  for place, facts in ipairs(candidates_of(known)) do
    if place > NODES_MAX then
      break
    end
    list[place], texts[place] = facts, engine.json(facts)
    if place % PIECE == 0 then
      relay.sleep(0)
    end
  end
  set(self, list, texts)
  return list
end

-- Of what was kept, that which can be facts.
local function checked(kept)
  local list = {}
  for _, facts in ipairs(type(kept) == "table" and kept or {}) do
    local is_one = type(facts) == "table" and type(facts.name) == "string" and type(facts.host) == "string"
      and math.type(facts.clients)
    if is_one and #list < NODES_MAX then
      list[#list + 1] = facts
    end
  end
  table.sort(list, is_before)
  return list
end

-- The facts as the policy gets them.
local function nodes_text(self)
  if not self.text then
    local texts = {}
    for place, name in ipairs(self.order) do
      local entry = self.entries[name]
      entry.text = entry.text or engine.json(entry.facts)
      texts[place] = entry.text
    end
    self.text = "[" .. table.concat(texts, ",") .. "]"
  end
  return self.text
end

-- Of the entry at the place and the two below it the one that is before the others.
local function first_of(heap, place)
  local first = place
  for below = 2 * place, 2 * place + 1 do
    if heap[below] and is_before(heap[below].facts, heap[first].facts) then
      first = below
    end
  end
  return first
end

-- One more client is on its way there.
local function count(self, name)
  local entry, heap = self.entries[name], self.heap
  entry.facts.clients, entry.text, self.text = entry.facts.clients + 1, nil, nil
  local first = first_of(heap, entry.place)
  while first ~= entry.place do
    local other, place = heap[first], entry.place
    heap[place], heap[first] = other, entry
    other.place, entry.place = place, first
    first = first_of(heap, first)
  end
end

-- ── The choice ───────────────────────────────────────────────────────────────────────────────

-- The healthy ones with the fewest clients: the first four of a heap are among its first fifteen.
local function default_choice(self)
  local best = {}
  for place = 1, math.min(2 ^ ANSWERED - 1, #self.heap) do
    best[place] = self.heap[place].facts
  end
  table.sort(best, is_before)
  local names = {}
  for place = 1, math.min(ANSWERED, #best) do
    names[place] = best[place].name
  end
  return names
end

-- Whether there is time for the policy.
local function may_ask(self)
  local now = engine.time()
  local left = self.left + math.max(0, now - self.at) * FACTS_A_SECOND
  self.left, self.at = math.min(left, FACTS_A_SECOND * BURST_SECONDS), now
  local cost = #self.order + 20
  if self.left < cost then
    return false
  end
  self.left = self.left - cost
  return true
end

-- Those of the names that are nodes, each once.
local function known_names(self, names)
  local found, seen = {}, {}
  for _, name in ipairs(names) do
    if self.entries[name] and not seen[name] and #found < ANSWERED then
      seen[name], found[#found + 1] = true, name
    end
  end
  return found
end

local function choose(self, question)
  if not may_ask(self) then
    return default_choice(self)
  end
  local names = engine.choose_nearest(question, nodes_text(self))
  if not names then
    return default_choice(self)
  end
  local found = known_names(self, names)
  return #found == 0 and #names > 0 and default_choice(self) or found
end

-- ── The request ──────────────────────────────────────────────────────────────────────────────

-- What can be told as JSON; the rest is nobody's business.
local function readable(texts)
  local kept = {}
  for name, value in pairs(texts) do
    if utf8.len(name) and utf8.len(value) then
      kept[name] = value
    end
  end
  return kept
end

local function region_of(request)
  local region = request.query.region or request.headers["x-region"]
  return region and #region <= 64 and region:find "^[%w._-]+$" and region or nil
end

---@param request relay.http.Request
---@return string[] names the best first, four at most
function nearest:choose(request)
  if #self.order == 0 then
    return {}
  end
  return choose(self, {
    address = request.address,
    region = region_of(request),
    query = readable(request.query),
    headers = readable(request.headers),
  })
end

local function pair_of(self, name)
  return { node = name, host = self.entries[name].facts.host }
end

local function refusal(status, reason)
  local response = http.refusal(status, reason)
  response.headers = LATER
  return response
end

---@param request relay.http.Request
---@return relay.http.Response
function nearest:answer(request)
  if not self.rates:take(request.address, engine.time()) then
    return refusal(429, "too many requests")
  end
  local names = self:choose(request)
  if not names[1] then
    return refusal(503, "no node")
  end
  local answer = pair_of(self, names[1])
  answer.ok, answer.nodes = true, relay.array {}
  for place = 2, #names do
    answer.nodes[place - 1] = pair_of(self, names[place])
  end
  count(self, names[1])
  local response = http.json(answer)
  response.headers = HEADERS
  return response
end

--- GET /nearest, for everybody. Nobody waits: until the first round of this load it knows what the last one
--- knew, if there was one.
---@param recall fun(): any what the last load's `update` gave
function nearest:install(recall)
  http.route("/nearest", { public = true }, function(request)
    if not self.order[1] then
      set(self, checked(recall()), {})
    end
    return self:answer(request)
  end)
end

return nearest
