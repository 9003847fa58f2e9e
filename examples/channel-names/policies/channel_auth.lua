--- channel_auth.lua compares a channel's name with the patterns of its user and of everybody.

local channel_auth = {}

local function matches(patterns, request)
  for _, pattern in ipairs(patterns or {}) do
    if request.channel:find((pattern:gsub("USER", request.client.user))) then
      return true
    end
  end
  return false
end

function channel_auth.open(request, settings)
  if matches(settings.names.everybody, request) or matches(settings.names[request.client.user], request) then
    return true
  end
  return false, "this channel is not yours"
end

function channel_auth.join(request, settings)
  if not request.password_matches then
    return false, "invalid password"
  end
  return channel_auth.open(request, settings)
end

return channel_auth
