--- node_auth.lua decides which nodes may join the network here.
--
-- Asked when another node has sent its handshake. Its name and token were compared already:
-- `token_matches` is true for the token of main.lua, and for a token that this node made for that
-- name. A node whose token does not match is refused in any case.
--
-- When it raises an error, runs too long or answers something else, the node is refused.

---@type relay.policy.node_auth
local node_auth = {}

-- What request holds:
--   name           the node's
--   address        where it comes from
--   token_kind     "configured" or "single-use"
--   token_matches  true or false
--   peers          how many peers this node has

--- May it join? Return true, or false and a reason for the log.
---@param request relay.NodeRequest
---@param _settings relay.Settings main.lua's
---@return boolean allowed
---@return string? reason
function node_auth.accept(request, _settings)
  if request.token_matches then
    return true
  end
  return false, "wrong token"
end

return node_auth
