---@meta relay.jwt
-- luacheck: ignore 212 631

--- JSON web tokens that were signed with a shared secret (HS256), for policies, main.lua and specs.
--
-- A token's own word for its algorithm counts for nothing: anything but HS256 is refused. Wrong arguments
-- raise: a secret that is no text or has fewer than 32 bytes (RFC 7518, 3.2), a time that is no number.

---@class relay.jwt
local jwt = {}

--- The claims of a token that was signed with the secret and is valid at that time: before `exp` and not
--- before `nbf`, where it has them. A claim that is null is not there. Who it is for (`aud`, `iss`), and
--- that it has an end at all, is for the caller to look at.
---@param token string up to 8,192 bytes
---@param secret string 32 bytes or more
---@param time number Unix seconds: request.time in a policy, os.time() elsewhere
---@return table? claims
---@return string? reason "malformed token", "wrong algorithm", "wrong signature", "expired token", "token not valid yet"
function jwt.verify(token, secret, time) end

--- A token of these claims, for specs and for scripts that hand them out. Raises where JSON cannot hold them
--- or they have more than 6,000 bytes.
---@param claims table
---@param secret string 32 bytes or more
---@return string token
function jwt.sign(claims, secret) end

return jwt
