--- node-stats: channels, clients and traffic of this node.
--
-- protocol-notes "Command: node-stats".

local relay = require "relay"

-- A packet holds a MiB, so many bytes of it the figures of channels at most.
local BYTES_MAX = 800 * 1000

local has_warned = false

relay.command("node-stats", function()
  local stats, left_out = relay.stats(BYTES_MAX)
  if left_out > 0 and not has_warned then
    has_warned = true
    relay.log.warn(("node-stats: %d channels do not fit in a packet"):format(left_out))
  end
  return stats
end)
