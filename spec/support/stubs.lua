--- stubs.lua: reads the annotations of docs/api, and what C says of itself.

local stubs = {}

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

--- The fields of each class: { ["relay.Client"] = { id = "integer", … } }.
---@param path string
---@return table<string, table<string, string>>
function stubs.classes(path)
  local classes, class = {}, nil
  for line in io.lines(path) do
    local name = line:match "^%-%-%-@class ([%w_.]+)"
    local field, type = line:match "^%-%-%-@field ([%w_]+)%??%s+(.*)$"
    if name then
      class = {}
      classes[name] = class
    elseif field and class then
      class[field] = type
    elseif not line:find "^%-%-%-" then
      class = nil
    end
  end
  return classes
end

--- The names of a class' fields, as a set.
---@param class table<string, string>
---@return table<string, true>
function stubs.names(class)
  local names = {}
  for name in pairs(class) do
    names[name] = true
  end
  return names
end

--- The body of a function in a C file.
---@param path string
---@param name string
---@return string
function stubs.c_function(path, name)
  local text = read(path)
  local start = assert(text:find("\n[%w_ ]+ %*?" .. name .. "%([^;{]*%)\n{"), name)
  return (assert(text:match("\n{(.-)\n}\n", start)))
end

--- All that a pattern finds in a text, as a set.
---@param text string
---@param pattern string
---@return table<string, true>
function stubs.found(text, pattern)
  local found = {}
  for name in text:gmatch(pattern) do
    found[name] = true
  end
  return found
end

stubs.read = read

return stubs
