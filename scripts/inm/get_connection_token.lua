--- get-connection-token: a new token that works once, for the named node alone.
--
-- protocol-notes "Command: get-connection-token". A token is never logged.

local relay = require "relay"

relay.command("get-connection-token", function(request)
  local node = request.data.node
  local token = type(node) == "string" and relay.new_token(node)
  if not token then
    return nil, "invalid data"
  end
  return { token = token }
end)
