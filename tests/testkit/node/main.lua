--- The node of the kit's own specs: a little of everything that a script can do.

local relay = require "relay"

relay.node { policies = "policies", log = { level = "info" } }

relay.command("say-hello", function(request)
  return { greeting = ("hello %s, here is %s"):format(request.source, relay.name()) }
end)

-- What the node at the other end says, which waits on the way.
relay.command("pass-on", function(request)
  return relay.request(request.data.to, { command = "say-hello" })
end)

relay.command("clock", function()
  relay.sleep(2)
  local new_year = os.time { year = 2026, month = 1, day = 1 }
  return { time = os.time(), date = os.date "!%Y-%m-%d", new_year = new_year, random = math.random(1000000) }
end)

relay.command("break", function()
  error("it broke")
end)

relay.command("leave", function()
  os.exit(3)
end)

relay.on("peer_up", function(peer)
  relay.log.info("hello to " .. peer.name)
end)

relay.every(10, function()
  relay.log.info("tick")
end)
