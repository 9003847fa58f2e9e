local channel_auth = {}

function channel_auth.open(request)
  if request.channel:find "^private%." and request.channel ~= "private." .. tostring(request.client.user) then
    return false, "it is another's"
  end
  return true
end

return channel_auth
