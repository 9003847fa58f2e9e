--- Presence: who is in a channel, on all nodes; subscribers of "who:NAME" get the list and every change.

local json, relay = require "relay.json", require "relay"

relay.node { name = "presence", listen = "127.0.0.1:8080" }

relay.state.here = {} -- user by client's id, by channel; of this node

local function add_users_here(users, channel)
  for _, user in pairs(relay.state.here[channel] or {}) do
    users[#users + 1] = user
  end
  return users
end

relay.command("who", function(request)
  return { users = add_users_here(relay.array {}, request.data.channel) }
end)

local function everybody(channel)
  local users = add_users_here(relay.array {}, channel)
  for _, answer in pairs(relay.broadcast { command = "who", channel = channel } or {}) do
    table.move(answer.users or {}, 1, #(answer.users or {}), #users + 1, users)
  end
  table.sort(users)
  return users
end

relay.on("subscribe", function(client, channel)
  local watched = channel:match "^who:(.*)$"
  if watched then
    return relay.send(client.id, channel, json.encode { users = everybody(watched) })
  end
  relay.state.here[channel] = relay.state.here[channel] or {}
  relay.state.here[channel][client.id] = client.user
  relay.publish("who:" .. channel, json.encode { joined = client.user })
end)

relay.on("unsubscribe", function(client, channel)
  local users = relay.state.here[channel] or {}
  users[client.id] = nil
  relay.state.here[channel] = next(users) and users
  relay.publish("who:" .. channel, json.encode { left = client.user })
end)
