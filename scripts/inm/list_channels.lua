--- list-channels: the channels that are open on this node, with the hashes of their passwords.
--
-- protocol-notes "Command: list-channels". Channels that stay on this node are nobody else's concern.

local relay = require "relay"
local channel_list = require "relay.channel_list"

relay.command("list-channels", function()
  local open = {}
  for _, channel in ipairs(relay.channels()) do
    if channel.scope ~= "node" then
      open[#open + 1] = channel
    end
  end
  return channel_list.answer(open, "list-channels")
end)
