--- A node to start from: one relay on port 8080 that everybody may use.
--
-- Copy it, then change it. Every key of relay.node is in docs/operations.md; what is left out has
-- its default. An option of the command line (--listen, --name, …) wins over what stands here.

local relay = require "relay"

relay.node {
  -- All addresses of this machine. "127.0.0.1:8080" lets only this machine in, a list such as
  -- { "0.0.0.0:8080", "[::]:8080" } opens several.
  listen = "0.0.0.0:8080",

  -- Who may connect, which channels they may open, what counts as healthy: plain Lua files that
  -- you edit, relative to this one.
  policies = "../policies",
}
