--- host-stats: load, memory, disks and network of the host.
--
-- protocol-notes "Command: host-stats".

local relay = require "relay"

relay.command("host-stats", function()
  return relay.host_stats()
end)
