--- Channel rate limit: so many messages a second in one channel, whoever sends them.

local relay = require "relay"

relay.node {
  name = "channel-rate-limit",
  listen = "127.0.0.1:8080",
  settings = { per_second = 2, burst = 5 },
}
