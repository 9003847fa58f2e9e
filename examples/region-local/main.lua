--- Region-local: channels named "eu/…" stay on the nodes of that region, all others go everywhere.

local relay = require "relay"

relay.node {
  name = "region-local",
  listen = "127.0.0.1:8080",
  settings = {
    regions = {
      eu = { "berlin", "paris" },
      us = { "denver" },
    },
  },
}
