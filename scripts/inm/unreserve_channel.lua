--- unreserve-channel: another node closed a channel; may its name be free?
--
-- protocol-notes "Command: unreserve-channel": ok, or "channel still open".

local relay = require "relay"
local engine = require "relay.engine"

relay.command("unreserve-channel", function()
  return engine.handle_unreserve()
end)
