--- limits.lua gives a client limits of its own.
--
-- Asked once for every client, when it connects. Return nil for the limits that main.lua
-- configures, or a table with those that differ:
--
--     if request.client.user == "sensor" then
--       return { messages_per_second = 5, burst = 10 }
--     end
--
-- When it raises an error, runs too long or answers something else, the configured ones stand.

---@type relay.policy.limits
local limits = {}

-- What request holds:
--   client  as in channel_auth.lua
--   limits  the configured ones, all that may be replaced: message_bytes, channels_per_client,
--           messages_per_second (0: no limit), burst, send_queue_bytes

---@param _request relay.LimitsRequest
---@param _settings relay.Settings main.lua's
---@return relay.ClientLimits?
function limits.client(_request, _settings)
  return nil
end

return limits
