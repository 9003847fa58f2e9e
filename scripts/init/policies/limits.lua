--- Limits of one client's own. Asked when it connects: nil for those that main.lua configures, or a table
-- with the ones that differ.

local limits = {}

function limits.client(_request)
  -- if _request.client.user == "sensor" then
  --   return { messages_per_second = 5, burst = 10 }
  -- end
  return nil
end

return limits
