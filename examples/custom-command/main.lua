--- Custom command: "quietest-node" asks every node for its load, by another new command, and names the best.

local relay = require "relay"

relay.node { name = "custom-command", listen = "127.0.0.1:8080", host = os.getenv "WSRELAY_HOST" }

local clients = relay.gauge("example_clients", "Clients of this node, as the example counts them.")

relay.on("client_open", function()
  clients:add(1)
end)

relay.on("client_close", function()
  clients:add(-1)
end)

relay.command("load", function()
  return { clients = clients:value() }
end)

relay.command("quietest-node", function(request)
  local most = request.data.at_most
  if most ~= nil and type(most) ~= "number" then
    return nil, "at_most must be a number"
  end
  local best, least = relay.name(), clients:value()
  for node, answer in pairs(relay.broadcast({ command = "load" }, 2) or {}) do
    if answer.clients and (answer.clients < least or answer.clients == least and node < best) then
      best, least = node, answer.clients
    end
  end
  if most and least > most then
    return nil, "all are busy"
  end
  return { node = best, clients = least }
end)
