--- remote_connection.lua: the notes' flow "Remote Connection": this node fills its pool of peers.
--
-- A round: the peers are asked for theirs (list-nodes), policies/peer_selection.lua chooses, and of
-- those chosen each that is no peer yet is asked for over one that knows it (get-node-connection) and
-- dialled with the token that came back. A round follows every new peer, and every 30 seconds.

local relay = require "relay"
local engine = require "relay.engine"
local back_off = require "relay.back_off"
local candidates = require "relay.candidates"
local host_of = require "relay.host_of"
local names = require "relay.names"

local remote_connection = {}

local ROUND_SECONDS = 30
local SETTLE_SECONDS = 0.5 -- and up to twice that: several nodes may have met at once
local PAUSE_SECONDS = 3
local SILENT_TICKS_MAX = 10
local NAMES_MAX = 1000 -- in one answer

-- Of this load: which round this is, who could not be reached, and the lot that each node drew.
local round = 0
local is_running = false
local is_wanted = false
local silent_ticks = 0 -- while a round runs: the engine may have ended it
---@type relay.BackOff
local lost = {}
---@type table<string, number>
local lots = {}

local function lot_of(name)
  lots[name] = lots[name] or math.random()
  return lots[name]
end

-- Forgets the nodes that nobody knows any more.
local function forget_others(list)
  local kept_lots, kept_lost = {}, {}
  for _, candidate in ipairs(list) do
    kept_lots[candidate.name] = lots[candidate.name]
    kept_lost[candidate.name] = lost[candidate.name]
  end
  lots, lost = kept_lots, kept_lost
end

-- The names in an answer to list-nodes; what is no name is left out, and what is too much.
local function names_in(answer)
  local found = {}
  for _, name in ipairs(type(answer.nodes) == "table" and answer.nodes or {}) do
    if names.is_node(name) and #found < NAMES_MAX then
      found[#found + 1] = name
    end
  end
  return found
end

-- list-nodes → ["Node A"]
local function ask_for_nodes(peers)
  local lists = {}
  for _, peer in ipairs(peers) do
    local answer = relay.request(peer.name, { command = "list-nodes" })
    lists[peer.name] = answer and names_in(answer)
  end
  return lists
end

-- get-node-connection "Node A" → token and host. A node that is no peer's peer answers for itself.
local function ask_for_connection(candidate)
  local data = { command = "get-node-connection", node = candidate.name }
  local answer, reason = relay.request(candidate.via or candidate.name, data)
  if not answer then
    return nil, reason
  end
  local url = host_of.url(answer.host)
  if not url or type(answer.token) ~= "string" or not answer.token:find("^[!-~]+$") then
    return nil, answer.reason or "it said no host"
  end
  return { name = candidate.name, url = url, token = answer.token }
end

-- WS /node, handshake. Room is made when it is sure that there is something to dial.
local function connect(candidate, make_room)
  local connection, reason = ask_for_connection(candidate)
  local is_linked
  if connection then
    make_room()
    is_linked, reason = relay.dial(connection)
  end
  if is_linked then
    back_off.reached(lost, candidate.name)
    return
  end
  back_off.failed(lost, candidate.name, round)
  relay.log.debug(("remote connection: %s: %s"):format(candidate.name, tostring(reason)))
end

local function collect()
  local peers = relay.peers()
  local lists = ask_for_nodes(peers)
  return candidates.collect {
    me = relay.name(),
    peers = relay.peers(),
    nodes = relay.nodes(),
    lists = lists,
    random = lot_of,
  }
end

--- One round, from the question for nodes to the last dial.
function remote_connection.round()
  round = round + 1
  local list = collect()
  forget_others(list)
  local pool = engine.pool()
  local chosen = #list > 0 and engine.choose_peers(relay.array(list), pool)
  if not chosen then
    return
  end
  local function drop_one(is_place_wanted)
    local spare = candidates.to_drop(list, chosen, pool, is_place_wanted)
    if spare and spare.linked then
      spare.linked = not relay.drop_peer(spare.name)
    end
  end
  drop_one(false)
  local has_made_room = false
  for _, candidate in ipairs(candidates.to_dial(list, chosen)) do
    if back_off.is_due(lost, candidate.name, round) then
      connect(candidate, function()
        if not has_made_room then
          has_made_room = true
          drop_one(true)
        end
      end)
    end
  end
end

--- A round now, or soon after the one that runs.
function remote_connection.start()
  is_wanted = true
  if is_running then
    return
  end
  is_running = true
  while is_wanted do
    relay.sleep(SETTLE_SECONDS * (1 + math.random()))
    is_wanted = false
    silent_ticks = 0
    local ok, problem = pcall(remote_connection.round)
    if not ok then
      relay.log.error("remote connection: " .. tostring(problem))
    end
    relay.sleep(PAUSE_SECONDS)
  end
  is_running = false
end

-- A round that ran over its budget was ended from outside, and cannot say so.
local function tick()
  silent_ticks = is_running and silent_ticks + 1 or 0
  if silent_ticks > SILENT_TICKS_MAX then
    is_running = false
  end
  remote_connection.start()
end

function remote_connection.install()
  relay.on("peer_up", remote_connection.start)
  relay.on("peer_down", remote_connection.start)
  relay.every(ROUND_SECONDS, tick)
end

return remote_connection
