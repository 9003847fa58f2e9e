--- ask.lua: the questions of a round to one node, and to this one.
--
-- One question after the other and each node by itself, not a broadcast: then every answer, which may be
-- a megabyte, is read in a turn of the loop of its own.

local relay = require "relay"
local engine = require "relay.engine"
local answers = require "relay.master.answers"
local node_info = require "relay.node_info"

local ask = {}

local ANSWER_SECONDS = 2.5
local OWN_BYTES_MAX = 800 * 1000 -- as node-stats answers others
local PLAIN_PEERS_MAX = 32 -- that a plain node is asked about
local PLAIN_PEERS_SECONDS = 5 -- for all of them together

---@type relay.master.Told
local NOTHING = { is_plain = true, peers = {} }

local function question(name, data, seconds)
  return relay.request(name, data, seconds or ANSWER_SECONDS)
end

-- What the node says of itself. Nothing at all leaves the last word; a refusal is one, too: it is plain.
local function ask_info(name, is_plain, before)
  if is_plain then
    return nil
  end
  local answer = question(name, { command = "node-info" })
  if not answer then
    return before.info
  end
  return answers.node_info(answer)
end

-- The peers of one that knows the notes alone: list-nodes, then get-latency for each. One that is slow to
-- say tells some latencies, or none.
local function ask_plain_peers(name)
  local ends_at = engine.time() + PLAIN_PEERS_SECONDS
  local peers = {}
  for _, peer in ipairs(answers.list_nodes(question(name, { command = "list-nodes" }))) do
    local left = ends_at - engine.time()
    local is_asked = #peers < PLAIN_PEERS_MAX and left > 0
    local data = { command = "get-latency", node = peer }
    local latency = is_asked and question(name, data, math.min(left, ANSWER_SECONDS))
    peers[#peers + 1] = { name = peer, latency_ms = answers.latency(latency) }
  end
  return peers
end

local function peers_of(name, info, is_full, before)
  if info then
    return info.peers
  end
  return is_full and ask_plain_peers(name) or before.peers
end

--- Asks another node. Waits.
---@param name string
---@param is_plain boolean the mesh knows that it speaks the notes alone
---@param is_full boolean its host and a plain one's peers, too; otherwise those stand as before
---@param before? relay.master.Told
---@return relay.master.Told? told nil: it does not answer
function ask.node(name, is_plain, is_full, before)
  before = before or NOTHING
  local answer = question(name, { command = "node-stats" })
  if not answer then
    return nil
  end
  local info = ask_info(name, is_plain, before)
  local host = before.host
  if is_full then
    host = answers.host_stats(question(name, { command = "host-stats" }))
  end
  return {
    is_plain = info == nil,
    stats = answers.node_stats(answer),
    info = info,
    peers = peers_of(name, info, is_full, before),
    host = host,
  }
end

--- The same of this node, without waiting.
---@param is_full boolean
---@param before? relay.master.Told
---@return relay.master.Told
function ask.myself(is_full, before)
  local info = answers.node_info(node_info.read())
  return {
    is_plain = false,
    stats = answers.node_stats((relay.stats(OWN_BYTES_MAX))),
    info = info,
    peers = info and info.peers or {},
    host = is_full and answers.host_stats((relay.host_stats())) or before and before.host,
  }
end

return ask
