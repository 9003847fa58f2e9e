--- Moderation: messages with links are refused, and rude words starred out.

local relay = require "relay"

relay.node {
  name = "moderation",
  listen = "127.0.0.1:8080",
  settings = { rude = { darn = true, heck = true } },
}
