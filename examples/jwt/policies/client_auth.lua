--- client_auth.lua takes "Authorization: Bearer TOKEN" or, since no browser sends that, "?token=TOKEN".

local jwt = require "relay.jwt"

local client_auth = {}

function client_auth.connect(request, settings)
  local secret = assert(settings.jwt_secret, "set JWT_SECRET (settings.jwt_secret of main.lua)")
  local token = (request.headers.authorization or ""):match "^Bearer (%S+)$"
    or ("&" .. request.query):match "&token=([^&]+)"
  if not token then
    return false, "a token is needed", 401
  end
  local claims, reason = jwt.verify(token, secret, request.time)
  if not claims or not claims.exp then
    return false, reason or "a token must end (exp)", 401
  end
  return true, { user = claims.sub, roles = claims.roles }
end

return client_auth
