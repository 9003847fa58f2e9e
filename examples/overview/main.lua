--- Overview: a master with three nodes, and clients that talk; ./run beside this file starts them.
--
-- The nodes share this file: what differs comes from the command line (--listen, --host, --peer) and the
-- environment (name and region, and who shows the Network Overview).

local relay = require "relay"

local admin = os.getenv "OVERVIEW_ADMIN" -- the master alone has it
local state = os.getenv "OVERVIEW_STATE" -- a directory

relay.node {
  token = os.getenv "WSRELAY_TOKEN" or "overview", -- whoever presents it may join
  master = admin ~= nil,
  admin = admin and { listen = admin },
  history = state and { path = state .. "/history.db" },
  region = os.getenv "OVERVIEW_REGION",
  control = state and state .. "/" .. os.getenv "WSRELAY_NAME" .. ".sock",
  drain_seconds = 1,
}

relay.every(5, function()
  relay.publish("status", ("%s has %d clients"):format(relay.name(), #relay.clients()))
end)
