--- get-node-connection: where a peer of this node can be dialled, and a token that lets the asker in.
--
-- protocol-notes "Command: get-node-connection", flow "Remote Connection". Asked about itself, a node
-- of our kind answers for itself.

local relay = require "relay"
local engine = require "relay.engine"
local host_of = require "relay.host_of"

local function peer_named(name)
  for _, peer in ipairs(relay.peers()) do
    if peer.name == name then
      return peer
    end
  end
end

local function own_connection(source)
  local token, reason = relay.new_token(source)
  if not token then
    return nil, reason
  end
  return { host = engine.host(), token = token }
end

relay.command("get-node-connection", function(request)
  local node = request.data.node
  if type(node) ~= "string" then
    return nil, "invalid data"
  end
  if node == relay.name() and not request.is_plain then
    return own_connection(request.source)
  end
  local peer = peer_named(node)
  if not peer then
    return nil, "target not connected"
  end
  local answer, reason = relay.request(node, { command = "get-connection-token", node = request.source })
  if not answer then
    return nil, reason
  end
  if type(answer.token) ~= "string" then
    return nil, "no token"
  end
  return { host = host_of.peer(peer, engine.configuration().peers), token = answer.token }
end)
