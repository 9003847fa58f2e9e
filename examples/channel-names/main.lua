--- Channel names: which channels a user may open and join, by patterns.

local relay = require "relay"

relay.node {
  name = "channel-names",
  listen = "127.0.0.1:8080",
  settings = {
    keys = { ["key-of-alice"] = "alice" }, -- ?key=…; in earnest a token: examples/jwt
    names = { everybody = { "^public/%w+$", "^user/USER/" }, alice = { "^team/" } },
  },
}
