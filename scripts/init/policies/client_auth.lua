--- Who may connect. Asked once for every client, before its WebSocket is opened.
--
-- `request` has address, origin (nil for a program), path, query and headers. Answer true; true and a
-- table that the other policies see as client.identity; or false, a reason and perhaps an HTTP status.

local client_auth = {}

function client_auth.connect(_request)
  -- Only your own web site, and programs:
  -- if _request.origin ~= nil and _request.origin ~= "https://chat.example.com" then
  --   return false, "unknown origin"
  -- end
  return true
end

return client_auth
