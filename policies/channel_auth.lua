--- channel_auth.lua decides who may use which channel.
--
-- `open` is asked when a client subscribes to a channel that nobody has yet, `join` when the channel
-- exists, `list` for each open channel when a client lists all of a node's (scope "node").
--
-- When a function raises an error, runs too long or answers something else, the client is refused,
-- or the channel is not shown. What you delete here falls back to what stands here as installed.

local channel_auth = {}

---@class relay.Client
---@field id integer
---@field address string
---@field user any identity.user, what client_auth said about it
---@field identity table what client_auth.connect returned, or {}
---@field channels integer how many it is subscribed to

---@class relay.ChannelRequest
---@field client relay.Client
---@field channel string its name
---@field protected boolean open: a password was given; else: the channel has one
---@field password_matches? boolean join alone: also true when the channel has no password

--- May a client open this channel? Return true, or false and a reason that the client is told.
---@param _request relay.ChannelRequest
---@return boolean allowed
---@return string? reason
function channel_auth.open(_request)
  return true
end

--- May a client join it? Return true, or false and a reason that the client is told.
---@param request relay.ChannelRequest
---@return boolean allowed
---@return string? reason
function channel_auth.join(request)
  if request.password_matches then
    return true
  end
  return false, "invalid password"
end

--- Does a list of the node's channels show this one? Return true or false.
---@param request relay.ChannelRequest
---@return boolean shown
function channel_auth.list(request)
  return not request.protected
end

return channel_auth
