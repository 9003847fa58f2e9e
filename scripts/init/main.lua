--- A node. Start it:  wsrelay-engine main.lua
--
-- Every key of relay.node is in docs/operations.md; what is left out has its default, and
-- `wsrelay-engine check main.lua` shows them all. An option of the command line wins over what
-- stands here.

local relay = require "relay"

relay.node {
  -- All addresses of this machine. "127.0.0.1:8080" lets only this machine in.
  listen = "0.0.0.0:8080",

  -- Who may connect, which channels they may open, what counts as healthy.
  policies = "policies",

  -- Other nodes join with this token (`wsrelay-engine token` makes one). Without it nobody may.
  token = os.getenv "WSRELAY_TOKEN",

  -- The network: one node of it is enough.
  -- host = "wss://node-a.example.com/",
  -- peers = { { name = "node-b", url = "wss://node-b.example.com/node", token = "…" } },

  -- What `wsrelay-engine ctl` in this directory talks to.
  control = "node.sock",

  -- tls = { cert = "fullchain.pem", key = "privkey.pem" },
}

-- A command for other nodes: relay.request("node-a", { command = "say-hello" }) gets its answer there.
-- relay.command("say-hello", function(request)
--   return { greeting = "hello " .. request.source }
-- end)
