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

local limits = {}

---@class relay.ClientLimits
---@field message_bytes? integer the longest message
---@field channels_per_client? integer
---@field messages_per_second? number 0: no limit
---@field burst? number so many at once, before messages_per_second counts
---@field send_queue_bytes? integer a reader that falls further behind is disconnected

---@class relay.LimitsRequest
---@field client relay.Client as in channel_auth.lua
---@field limits relay.ClientLimits the configured ones, all of them

---@param _request relay.LimitsRequest
---@return relay.ClientLimits?
function limits.client(_request)
  return nil
end

return limits
