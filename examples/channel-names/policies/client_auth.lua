--- client_auth.lua knows a user by a key in the query; without one it is a guest.

local client_auth = {}

function client_auth.connect(request, settings)
  local key = ("&" .. request.query):match "&key=([^&]+)"
  if key and not settings.keys[key] then
    return false, "unknown key", 401
  end
  return true, { user = key and settings.keys[key] or "guest" }
end

return client_auth
