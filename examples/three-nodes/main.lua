--- Three nodes: one network of three relays on this machine; ./run beside this file starts all of them.
--
-- The nodes share this file: what differs (--name, --listen, --host, --peer) comes from the command line.

local relay = require "relay"

relay.node {
  token = os.getenv "WSRELAY_TOKEN" or "three-nodes", -- whoever presents it may join
  health = { latency_ms = 50 },
}

relay.on("peer_up", function(peer)
  relay.log.info("linked with", peer.name)
end)

relay.on("peer_down", function(peer)
  relay.log.info("lost", peer.name)
end)
