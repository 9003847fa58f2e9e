--- show.lua: any Lua value as a text for people, bounded in depth and length.

local show = {}

local DEPTH_MAX = 6
local ENTRIES_MAX = 200

local function is_name(key)
  return type(key) == "string" and key:find "^[%a_][%w_]*$" ~= nil
end

-- Numbers first, in their order, then the rest by their text.
local function sorted_keys(value)
  local keys = {}
  for key in next, value do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if type(a) == "number" and type(b) == "number" then
      return a < b
    end
    return (type(a) == "number" and "" or tostring(a)) < (type(b) == "number" and "" or tostring(b))
  end)
  return keys
end

local write

local function write_table(value, depth, parents)
  if parents[value] then
    return "<itself>"
  elseif next(value) == nil then
    return "{}"
  elseif depth == DEPTH_MAX then
    return "{…}"
  end
  parents[value] = true
  local indent = ("  "):rep(depth + 1)
  local lines = {}
  for place, key in ipairs(sorted_keys(value)) do
    if place > ENTRIES_MAX then
      lines[#lines + 1] = indent .. "…"
      break
    end
    local shown = write(rawget(value, key), depth + 1, parents)
    if key == place then
      lines[#lines + 1] = indent .. shown
    else
      local name = is_name(key) and key or ("[%s]"):format(write(key, depth + 1, parents))
      lines[#lines + 1] = ("%s%s = %s"):format(indent, name, shown)
    end
  end
  parents[value] = nil
  return ("{\n%s\n%s}"):format(table.concat(lines, ",\n"), ("  "):rep(depth))
end

function write(value, depth, parents)
  if type(value) == "string" then
    return (("%q"):format(value):gsub("\\\n", "\\n"))
  elseif type(value) == "table" and not (getmetatable(value) or {}).__tostring then
    return write_table(value, depth, parents)
  end
  return tostring(value)
end

--- The value; a string at the top stands without quotes.
---@param value any
---@return string
function show.value(value)
  return type(value) == "string" and value or write(value, 0, {})
end

--- The same on one line.
---@param value any
---@return string
function show.line(value)
  return type(value) == "string" and value or (write(value, 0, {}):gsub("\n%s*", " "))
end

return show
