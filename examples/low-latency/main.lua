--- Low latency: a node holds links with the nearest nodes alone, as many as its pool has room for.

local relay = require "relay"

relay.node {
  name = "low-latency",
  listen = "127.0.0.1:8080",
  pool = 4,
  settings = { stays = 0.8 }, -- a new peer must be a fifth nearer than one that is linked
}
