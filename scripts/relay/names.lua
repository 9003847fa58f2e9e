--- names.lua: what may be the name of a node or of a channel, whoever told it.
--
-- Pure. A name is UTF-8 that one can print: without a control character, U+0000 to U+001F and U+007F to
-- U+009F.

local names = {}

names.NODE_BYTES_MAX = 128
names.CHANNEL_BYTES_MAX = 256

---@param value any
---@param most integer bytes
---@return boolean
function names.is_text(value, most)
  return type(value) == "string" and value ~= "" and #value <= most and utf8.len(value) ~= nil
    and not value:find "[%c\127]" and not value:find "\xc2[\x80-\x9f]"
end

--- `*` is all nodes.
---@param value any
---@return boolean
function names.is_node(value)
  return names.is_text(value, names.NODE_BYTES_MAX) and value ~= "*"
end

---@param value any
---@return boolean
function names.is_channel(value)
  return names.is_text(value, names.CHANNEL_BYTES_MAX)
end

return names
