--- Health rule: a node that is too full for your load balancer says so, and one that drains is bad.

local relay = require "relay"

relay.node {
  name = "health-rule",
  listen = "127.0.0.1:8080",
  settings = { clients_full = 3 }, -- some thousands, in earnest
}
