---@meta relay.json
-- luacheck: ignore 212

--- JSON for policies, main.lua and specs; up to 262,144 bytes, 32 tables deep.
--
-- null is nil: a field that is null is not there, and a list with one has a hole. What was read as a list
-- stays one, also when it is empty; an empty table of your own is `{}` unless json.array marks it.

---@class relay.json
local json = {}

--- Raises for what JSON has not: functions, NaN, a table that is half a list, text that is not UTF-8.
---@param value any
---@return string text
function json.encode(value) end

---@param text string
---@return any value
---@return string? reason "malformed json", "too long"
function json.decode(text) end

--- Marks a table as a list.
---@generic T: table
---@param list? T
---@return T
function json.array(list) end

return json
