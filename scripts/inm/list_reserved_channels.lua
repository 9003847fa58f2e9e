--- list-reserved-channels: the names that other nodes hold, with the hashes of their passwords.
--
-- protocol-notes "Command: list-reserved-channels". Nodes of our kind compare digests in its stead.

local relay = require "relay"
local engine = require "relay.engine"
local channel_list = require "relay.channel_list"

relay.command("list-reserved-channels", function()
  return engine.handle_level() or channel_list.answer(relay.reserved(), "list-reserved-channels")
end)
