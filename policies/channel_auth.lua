--- channel_auth.lua decides who may use which channel.
--
-- `open` is asked when a client subscribes to a channel that nobody has yet, `join` when the channel
-- exists, `list` for each open channel when a client lists all of a node's (scope "node").
--
-- When a function raises an error, runs too long or answers something else, the client is refused,
-- or the channel is not shown. What you delete here falls back to what stands here as installed.

---@type relay.policy.channel_auth
local channel_auth = {}

-- What request holds:
--   time              Unix seconds; open and join alone
--   client            { id, address, user, identity, channels }: identity is what client_auth.connect
--                     returned, or {}, user its field, channels how many it is subscribed to
--   channel           its name
--   protected         open: a password was given; else: the channel has one
--   password_matches  join alone: also true when the channel has no password

--- May a client open this channel? Return true, or false and a reason that the client is told.
---@param _request relay.OpenRequest
---@param _settings relay.Settings main.lua's
---@return boolean allowed
---@return string? reason
function channel_auth.open(_request, _settings)
  return true
end

--- May a client join it? Return true, or false and a reason that the client is told.
---@param request relay.JoinRequest
---@param _settings relay.Settings main.lua's
---@return boolean allowed
---@return string? reason
function channel_auth.join(request, _settings)
  if request.password_matches then
    return true
  end
  return false, "invalid password"
end

--- Does a list of the node's channels show this one? Return true or false.
---@param request relay.ListRequest
---@param _settings relay.Settings main.lua's
---@return boolean shown
function channel_auth.list(request, _settings)
  return not request.protected
end

return channel_auth
