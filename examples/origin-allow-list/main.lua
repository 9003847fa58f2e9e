--- Origin allow-list: browsers may connect from your own web sites alone.

local relay = require "relay"

relay.node {
  name = "origins",
  listen = "127.0.0.1:8080",
  settings = { origins = { "https://example.com", "https://*.example.com" } },
}
