--- client_auth.lua compares the Origin that a browser sends. "*" stands for one part of a host's name.

local client_auth = {}

-- "https://*.example.com" as a Lua pattern.
function client_auth._pattern(origin)
  return "^" .. origin:lower():gsub("%W", "%%%0"):gsub("%%%*", "[%%w-]+") .. "$"
end

function client_auth.connect(request, settings)
  -- A program that is no browser sends none, and could send any: keep those out with a token.
  if not request.origin then
    return true
  end
  for _, origin in ipairs(settings.origins) do
    if request.origin:lower():find(client_auth._pattern(origin)) then
      return true
    end
  end
  return false, "unknown origin"
end

return client_auth
