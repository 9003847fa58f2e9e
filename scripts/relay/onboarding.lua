--- onboarding.lua: the notes' flow "Node Onboarding", toward a peer that knows the notes alone.
--
-- A new peer is asked for its open channels, which get reserved here, then for its reserved ones.
-- Peers of our own kind level their claims by themselves (docs/mesh.md), so they are not asked.

local relay = require "relay"
local engine = require "relay.engine"

local onboarding = {}

-- The channels that a peer lists; nil when it gave no list.
local function ask(peer, command)
  local answer, reason = relay.request(peer.name, { command = command })
  if answer and type(answer.channels) == "table" then
    return answer.channels
  end
  relay.log.warn(("onboarding: %s gave no list to %s: %s"):format(
    peer.name, command, tostring(reason or answer and answer.reason or "no channels")))
end

-- "" for a channel without a password, which reads as null, "" or nothing at all; nil: it is no hash.
local function password_of(entry)
  if entry.password == nil or entry.password == relay.null then
    return ""
  end
  return type(entry.password) == "string" and entry.password or nil
end

-- Hands the entries that make sense to `take`; how many did not.
local function take_all(peer, entries, take)
  local ignored = 0
  for _, entry in ipairs(entries) do
    local is_channel = type(entry) == "table" and type(entry.name) == "string"
    local password = is_channel and password_of(entry)
    if not password or not take(peer.name, entry.name, password) then
      ignored = ignored + 1
    end
  end
  return ignored
end

local function synchronise(peer, command, take)
  local entries = ask(peer, command)
  local ignored = entries and take_all(peer, entries, take) or 0
  if ignored > 0 then
    relay.log.warn(("onboarding: %d entries of %s's %s make no sense"):format(ignored, peer.name, command))
  end
end

-- Whether this node knows all nodes that the peer is linked with. A name that nobody claims is then
-- one that the peer forgot to free; otherwise somebody beyond the peer may have it open.
local function is_all_known(peer)
  local answer = relay.request(peer.name, { command = "list-nodes" })
  if not answer or type(answer.nodes) ~= "table" then
    return false
  end
  local known = { [relay.name()] = true }
  for _, node in ipairs(relay.nodes()) do
    known[node.name] = true
  end
  for _, name in ipairs(answer.nodes) do
    if not known[name] then
      return false
    end
  end
  return true
end

--- What a new peer starts.
---@param peer relay.PeerFacts
function onboarding.run(peer)
  if not peer.is_plain then
    return
  end
  synchronise(peer, "list-channels", engine.plain_open)
  local is_certain = is_all_known(peer)
  synchronise(peer, "list-reserved-channels", function(name, channel, password)
    return engine.plain_reserved(name, channel, password, is_certain)
  end)
end

function onboarding.install()
  relay.on("peer_up", onboarding.run)
end

return onboarding
