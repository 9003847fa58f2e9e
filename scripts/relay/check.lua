--- check.lua: checks of one value each; the words that relay/schema.lua is written in.
--
-- A check takes a value and answers what to keep of it, or nil, a message and, inside a table, the
-- path of the key that is wrong: { "peers", 2, "url" }. A message reads on from the key's name:
-- "must be …".

local meant = require "relay.meant"

local check = {}

---@alias relay.Path (string|integer)[]
---@alias relay.Check fun(value: any): any, string?, relay.Path?

--- "peers[2].url"
---@param path relay.Path
---@return string
function check.path_text(path)
  local text = ""
  for _, key in ipairs(path) do
    if type(key) == "number" then
      text = text .. "[" .. key .. "]"
    else
      text = text == "" and key or text .. "." .. key
    end
  end
  return text
end

local function shown(value)
  if type(value) == "string" then
    return ("%q"):format(value)
  end
  if type(value) == "number" or type(value) == "boolean" then
    return tostring(value)
  end
  return "a " .. type(value)
end

local function wrong(wanted, value)
  return nil, ("must be %s, and is %s"):format(wanted, shown(value))
end

local function below(key, path)
  return { key, table.unpack(path or {}) }
end

---@param wanted string what it must be, in words
---@param is_right fun(text: string): any
---@return relay.Check
function check.text(wanted, is_right)
  return function(value)
    if type(value) ~= "string" or not is_right(value) then
      return wrong(wanted, value)
    end
    return value
  end
end

local function range_text(what, min, max)
  return ("%s from %s to %s"):format(what, min, max)
end

---@param min number
---@param max number
---@return relay.Check
function check.number(min, max)
  return function(value)
    if type(value) ~= "number" or not (value >= min and value <= max) then
      return wrong(range_text("a number", min, max), value)
    end
    return value
  end
end

---@param min integer
---@param max integer
---@return relay.Check
function check.integer(min, max)
  return function(value)
    local whole = type(value) == "number" and math.tointeger(value)
    if not whole or whole < min or whole > max then
      return wrong(range_text("a whole number", min, max), value)
    end
    return whole
  end
end

---@return relay.Check
function check.boolean()
  return function(value)
    if type(value) ~= "boolean" then
      return wrong("true or false", value)
    end
    return value
  end
end

---@param choices string[]
---@return relay.Check
function check.choice(choices)
  return function(value)
    for _, choice in ipairs(choices) do
      if value == choice then
        return value
      end
    end
    local hint = type(value) == "string" and meant.hint(value, choices) or ""
    local _, message = wrong("one of " .. table.concat(choices, ", "), value)
    return nil, message .. hint
  end
end

---@param item relay.Check
---@return relay.Check
function check.list(item)
  return function(value)
    if type(value) ~= "table" then
      return wrong("a list", value)
    end
    local list = {}
    for key in pairs(value) do
      if math.type(key) ~= "integer" or key < 1 or key > #value then
        return nil, ("must be a list, and has the key '%s'"):format(tostring(key))
      end
    end
    for index = 1, #value do
      local kept, message, path = item(value[index])
      if message then
        return nil, message, below(index, path)
      end
      list[index] = kept
    end
    return list
  end
end

local function key_names(fields)
  local names = {}
  for name in pairs(fields) do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  return names
end

-- The first key that no field has, in alphabetical order.
local function find_unknown(value, fields)
  for _, name in ipairs(key_names(value)) do
    if not fields[name] then
      return name
    end
  end
end

---@class relay.Field
---@field check relay.Check
---@field required? boolean

--- A table with these fields and no others.
---@param fields table<string, relay.Field>
---@return relay.Check
function check.record(fields)
  return function(value)
    if type(value) ~= "table" then
      return wrong("a table", value)
    end
    local unknown = find_unknown(value, fields)
    if unknown then
      return nil, "unknown" .. meant.hint(unknown, key_names(fields)), { unknown }
    end
    local record = {}
    for _, name in ipairs(key_names(fields)) do
      local field = fields[name]
      if value[name] == nil and field.required then
        return nil, "missing", { name }
      end
      if value[name] ~= nil then
        local kept, message, path = field.check(value[name])
        if message then
          return nil, message, below(name, path)
        end
        record[name] = kept
      end
    end
    return record
  end
end

--- A whole sentence of a check's message and path.
---@param message string
---@param path relay.Path
---@return string
function check.sentence(message, path)
  local name = check.path_text(path)
  local hint = message:match("^unknown(.*)$")
  if hint then
    return ("unknown key '%s'%s"):format(name, hint)
  end
  if message == "missing" then
    return ("'%s' is missing"):format(name)
  end
  return ("'%s' %s"):format(name, message)
end

return check
