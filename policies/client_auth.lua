--- client_auth.lua decides who may connect.
--
-- Asked once for every client, before its WebSocket is opened. As it stands everybody is let in;
-- docs/policies.md has examples (an allow-list of origins, a token in the query).
--
-- A policy sees its facts and the settings of main.lua, and nothing else. When it raises an
-- error, runs too long or answers something else, the client is refused.

---@type relay.policy.client_auth
local client_auth = {}

-- Headers with names of your own, such as "x-api-key", are seen only when they stand in a list here:
-- client_auth.headers = { "x-api-key" }

-- What request holds:
--   time     Unix seconds, so that a token can end
--   address  the client's address, "192.0.2.7"
--   origin   the Origin header; nil: a program that is no browser sends none
--   path     "/connect"
--   query    what stands behind the "?", or ""
--   headers  by lower-case name; repeated ones are joined with ", "

--- May return
---   true                       let it in
---   true, { user = "alice" }   the same, and remember this table (up to 4096 bytes of JSON): the
---                              other policies see it as client.identity, and its user as client.user
---   false, "a reason"          refuse it with HTTP status 403
---   false, "a reason", 401     refuse it with this status (400 to 599)
---@param _request relay.ConnectRequest
---@param _settings relay.Settings main.lua's
---@return boolean allowed
---@return string|table|nil reason_or_identity
---@return integer? status
function client_auth.connect(_request, _settings)
  return true
end

return client_auth
