--- Replay: who comes late to a channel gets its last message at once, from whichever node has it.

local relay = require "relay"

relay.node { name = "replay", listen = "127.0.0.1:8080" }

relay.state.last = {} -- by channel; as long as it is open here

relay.on("message", function(message)
  if not message.json then
    relay.state.last[message.channel] = message.text
  end
end)

relay.on("channel_close", function(channel)
  relay.state.last[channel.name] = nil
end)

relay.command("last-message", function(request)
  return { text = relay.state.last[request.data.channel] }
end)

local function last_of(channel)
  if relay.state.last[channel] then
    return relay.state.last[channel]
  end
  for _, answer in pairs(relay.broadcast { command = "last-message", channel = channel } or {}) do
    if answer.text then
      return answer.text
    end
  end
end

relay.on("subscribe", function(client, channel)
  local text = last_of(channel)
  if text then
    relay.send(client.id, channel, text)
  end
end)
