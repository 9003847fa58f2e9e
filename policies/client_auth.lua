--- client_auth.lua decides who may connect.
--
-- Asked once for every client, before its WebSocket is opened. As it stands everybody is let in;
-- docs/policies.md has examples (an allow-list of origins, a token in the query).
--
-- A policy sees its facts and nothing else: no files, no network, no clock. When it raises an
-- error, runs too long or answers something else, the client is refused.

local client_auth = {}

-- Headers with names of your own, such as "x-api-key", are seen only when they stand in a list here:
-- client_auth.headers = { "x-api-key" }

---@class relay.ConnectRequest
---@field address string the client's address, "192.0.2.7"
---@field origin? string the Origin header; a program that is no browser sends none
---@field path string "/connect"
---@field query string what stands behind the "?", or ""
---@field headers table<string, string> by lower-case name; repeated ones joined with ", "

--- May return
---   true                       let it in
---   true, { user = "alice" }   the same, and remember this table (up to 4096 bytes of JSON): the
---                              other policies see it as client.identity, and its user as client.user
---   false, "a reason"          refuse it with HTTP status 403
---   false, "a reason", 401     refuse it with this status (400 to 599)
---@param _request relay.ConnectRequest
---@return boolean allowed
---@return string|table|nil reason_or_identity
---@return integer? status
function client_auth.connect(_request)
  return true
end

return client_auth
