--- Chat: one node for the page beside this file; everybody may open a channel, with or without a password.

local relay = require "relay"

relay.node {
  name = "chat",

  -- This machine alone. "0.0.0.0:8080" lets the whole network in.
  listen = "127.0.0.1:8080",

  limits = {
    message_bytes = 16384, -- a page of text, not a file
    messages_per_second = 10, -- nobody types faster
    burst = 30,
    channels_per_client = 10,
  },
}
