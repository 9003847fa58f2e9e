--- message.lua sees every message before anybody gets it: true, false and a reason, or another text.

local message = {}

function message.publish(request, settings)
  if request.text:lower():find("https?://") then
    return false, "no links here"
  end
  -- Letters alone are replaced, by as many stars: a message that is JSON stays JSON.
  return (request.text:gsub("%a+", function(word)
    return settings.rude[word:lower()] and ("*"):rep(#word) or nil
  end))
end

return message
