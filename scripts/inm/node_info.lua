--- node-info: what the notes' statistics do not tell of a node: version, health, peers with latency …
--
-- A command of our own (docs/protocol.md "node-info"); a plain peer does not know it.

local relay = require "relay"
local node_info = require "relay.node_info"

relay.command("node-info", node_info.read)
