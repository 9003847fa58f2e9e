--- ctl drain: closes the listeners and sends the clients away, as USR2 does.

local engine = require "relay.engine"

local function run(current)
  local clients = engine.status().clients
  engine.drain()
  if current.json then
    current:object { draining = clients }
  else
    current:print(("draining %d client%s"):format(clients, clients == 1 and "" or "s"))
  end
end

---@type relay.ctl.Command
return { usage = "drain", summary = "listens no more, and sends the clients away", run = run }
