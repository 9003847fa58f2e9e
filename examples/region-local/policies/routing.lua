--- routing.lua says where the messages of a channel go when it is opened.

local routing = {}

function routing.scope(channel, settings)
  local region = channel:match "^(%w+)/"
  return settings.regions[region] or "network"
end

return routing
