--- node_auth.lua decides which nodes may join the network here.
--
-- Asked when another node has sent its handshake. Its name and token were compared already:
-- `token_matches` is true for the token of main.lua, and for a token that this node made for that
-- name. A node whose token does not match is refused in any case.
--
-- When it raises an error, runs too long or answers something else, the node is refused.

local node_auth = {}

---@class relay.NodeRequest
---@field name string
---@field address string where it comes from
---@field token_kind "configured"|"single-use"
---@field token_matches boolean
---@field peers integer how many peers this node has

--- May it join? Return true, or false and a reason for the log.
---@param request relay.NodeRequest
---@return boolean allowed
---@return string? reason
function node_auth.accept(request)
  if request.token_matches then
    return true
  end
  return false, "wrong token"
end

return node_auth
