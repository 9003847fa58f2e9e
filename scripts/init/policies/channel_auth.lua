--- Who may open, join and see a channel. Answer true, or false and a reason that the client is told.
--
-- `request` has client (id, address, user, identity, channels), channel (its name) and protected (it has
-- a password). A function that you delete is answered by the installed file, which says the same.

local channel_auth = {}

function channel_auth.open(_request)
  return true
end

function channel_auth.join(request)
  if request.password_matches then
    return true
  end
  return false, "invalid password"
end

function channel_auth.list(request)
  return not request.protected
end

return channel_auth
