--- get-latency: the smoothed round trip to a peer, in milliseconds.
--
-- protocol-notes "Command: get-latency".

local relay = require "relay"

relay.command("get-latency", function(request)
  local node = request.data.node
  if type(node) ~= "string" then
    return nil, "invalid data"
  end
  local latency, reason = relay.latency(node)
  if not latency then
    return nil, reason
  end
  return { latency = latency }
end)
