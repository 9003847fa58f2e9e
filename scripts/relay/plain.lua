--- plain.lua: checks a table of plain values, which can be told to another Lua state as JSON.
--
-- One more word for relay/schema.lua, as those of relay/check.lua.

local plain = {}

local function wrong(message)
  return nil, message
end

-- What a text takes as JSON, at most, with its quotes and what stands around it.
local function json_bytes(text)
  return #text + 5 * select(2, text:gsub("[%c\"\\]", "")) + 4
end

-- The keys in an order that stays, and whether they are those of a list.
local function keys_of(value)
  local keys, names = {}, 0
  for key in pairs(value) do
    keys[#keys + 1] = key
    names = names + (type(key) == "string" and 1 or 0)
  end
  if names == #keys then
    table.sort(keys)
    return keys, false
  end
  if names > 0 then
    return wrong "must be a list or have names for keys, and is both"
  end
  if #keys ~= #value then
    return wrong "must be a list without gaps, or have names for keys"
  end
  for index = 1, #keys do
    keys[index] = index
  end
  return keys, true
end

local copy

local function copy_table(value, room, depth)
  local keys, is_list = keys_of(value)
  if not keys then
    return nil, is_list
  end
  local kept = {}
  for _, key in ipairs(keys) do
    room.left = room.left - (is_list and 1 or json_bytes(key))
    local item, message, path = copy(value[key], room, depth - 1)
    if message then
      return nil, message, { key, table.unpack(path or {}) }
    end
    kept[key] = item
  end
  return kept
end

local COPIES = {
  boolean = function(value, room)
    room.left = room.left - 5
    return value
  end,
  number = function(value, room)
    room.left = room.left - 24
    if value ~= value or value == math.huge or value == -math.huge then
      return wrong "must be a number that JSON has"
    end
    return value
  end,
  string = function(value, room)
    room.left = room.left - json_bytes(value)
    if not utf8.len(value) then
      return wrong "must be UTF-8, and holds other bytes"
    end
    return value
  end,
  table = function(value, room, depth)
    room.left = room.left - 2
    if depth == 0 then
      return wrong(("must not lie in more than %d tables"):format(room.depth))
    end
    return copy_table(value, room, depth)
  end,
}

-- `depth` more tables may lie in one another, and room.left bytes be taken.
function copy(value, room, depth)
  local copy_one = COPIES[type(value)]
  if not copy_one then
    return wrong("must be a text, a number, a boolean or a table of such, and is a " .. type(value))
  end
  local kept, message, path = copy_one(value, room, depth)
  if not message and room.left < 0 then
    return wrong(("must be no more: it would be over %d bytes of JSON in all"):format(room.bytes))
  end
  return kept, message, path
end

--- A table with names for keys, of values that JSON has: texts, numbers, booleans, lists and tables.
--- What is kept is a copy.
---@param bytes_max integer of its JSON, about
---@param depth_max integer tables in one another
---@return relay.Check
function plain.record(bytes_max, depth_max)
  return function(value)
    if type(value) ~= "table" then
      return wrong("must be a table, and is a " .. type(value))
    end
    if #value > 0 then
      return wrong "must have names for keys, and is a list"
    end
    return copy(value, { left = bytes_max, bytes = bytes_max, depth = depth_max }, depth_max)
  end
end

return plain
