--- list-nodes: the names of this node's peers.
--
-- protocol-notes "Command: list-nodes".

local relay = require "relay"

relay.command("list-nodes", function()
  local nodes = relay.array {}
  for index, peer in ipairs(relay.peers()) do
    nodes[index] = peer.name
  end
  return { nodes = nodes }
end)
