--- lost_nodes.lua: peers that are gone are tried again, one at a time, which heals partitions.
--
-- The mesh dials the peers of main.lua for ever; this is for those that were found on the way. As
-- nobody is left who could ask for a token, they are dialled with this node's own: the nodes of a
-- network mostly share one, and where they do not, nothing but a refused dial comes of it.

local relay = require "relay"
local engine = require "relay.engine"
local host_of = require "relay.host_of"

local lost_nodes = {}

local ROUND_SECONDS = 30
local KEPT_SECONDS = 72 * 3600
local NODES_MAX = 256

---@type { name: string, url: string, since: number }[] the one that was tried longest ago first
local lost = {}

local function forget(name)
  for i, node in ipairs(lost) do
    if node.name == name then
      return table.remove(lost, i)
    end
  end
end

---@param peer relay.PeerFacts
function lost_nodes.found(peer)
  forget(peer.name)
end

---@param peer relay.PeerFacts
function lost_nodes.went(peer)
  local url = host_of.url(peer.host)
  if peer.is_configured or not url then
    return
  end
  forget(peer.name)
  if #lost >= NODES_MAX then
    table.remove(lost, 1)
  end
  lost[#lost + 1] = { name = peer.name, url = url, since = os.time() }
end

-- Others reach it: the remote connection knows better ways.
local function is_alive(name)
  for _, node in ipairs(relay.nodes()) do
    if node.name == name then
      return true
    end
  end
end

local function next_to_try()
  for _ = 1, #lost do
    local node = table.remove(lost, 1)
    if os.time() - node.since < KEPT_SECONDS then
      lost[#lost + 1] = node
      if not is_alive(node.name) then
        return node
      end
    end
  end
end

--- Tries one lost node.
function lost_nodes.round()
  local token = engine.configuration().token
  local node = token and next_to_try()
  if not node then
    return
  end
  local is_linked, reason = relay.dial { name = node.name, url = node.url, token = token }
  if not is_linked then
    relay.log.debug(("lost node %s: %s"):format(node.name, tostring(reason)))
  end
end

function lost_nodes.install()
  relay.on("peer_up", lost_nodes.found)
  relay.on("peer_down", lost_nodes.went)
  relay.every(ROUND_SECONDS, lost_nodes.round)
end

return lost_nodes
