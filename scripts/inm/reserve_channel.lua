--- reserve-channel: another node opens a channel; the answer is this node's vote.
--
-- protocol-notes "Command: reserve-channel": ok, or "channel already reserved". The claims are kept in
-- C (docs/mesh.md); no answer where a claim of our own kind needs no vote.

local relay = require "relay"
local engine = require "relay.engine"

relay.command("reserve-channel", function()
  return engine.handle_reserve()
end)
