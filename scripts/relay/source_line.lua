--- source_line.lua: the line of a key in a table constructor, so that an error can point at it.
--
-- It reads tokens and braces, no grammar: where it cannot tell it answers nil, and the caller's line
-- must do.

local source_line = {}

---@class relay.Token
---@field kind "name"|"string"|"symbol"
---@field text string
---@field line integer

-- Skips a comment or takes a token at `at`; answers what kind, its text and where it ends.
local function read_token(source, at)
  local level = source:match("^%-%-%[(=*)%[", at)
  if level then
    local _, finish = source:find("]" .. level .. "]", at, true)
    return nil, nil, finish or #source
  end
  if source:find("^%-%-", at) then
    return nil, nil, (source:find("\n", at, true) or #source + 1) - 1
  end
  level = source:match("^%[(=*)%[", at)
  if level then
    local _, finish = source:find("]" .. level .. "]", at, true)
    return "string", "", finish or #source
  end
  local quote = source:match("^[\"']", at)
  if quote then
    local finish = at + 1
    while finish <= #source and source:sub(finish, finish) ~= quote do
      finish = finish + (source:sub(finish, finish) == "\\" and 2 or 1)
    end
    return "string", source:sub(at + 1, finish - 1), finish
  end
  local name = source:match("^[%a_][%w_]*", at)
  if name then
    return "name", name, at + #name - 1
  end
  local symbol = source:match("^[=~<>]=", at) or source:sub(at, at)
  return "symbol", symbol, at + #symbol - 1
end

---@param source string
---@return relay.Token[]
local function tokens_of(source)
  local tokens, line, at = {}, 1, 1
  while true do
    local start = source:find("%S", at)
    if not start then
      return tokens
    end
    line = line + select(2, source:sub(at, start - 1):gsub("\n", ""))
    local kind, text, finish = read_token(source, start)
    if kind then
      tokens[#tokens + 1] = { kind = kind, text = text, line = line }
    end
    line = line + select(2, source:sub(start, finish):gsub("\n", ""))
    at = finish + 1
  end
end

local OPENING = { ["{"] = true, ["("] = true, ["["] = true }
local CLOSING = { ["}"] = true, [")"] = true, ["]"] = true }

local function is_symbol(token, text)
  return token ~= nil and token.kind == "symbol" and token.text == text
end

-- The key that begins at this token, and the index of its value: name = … or ["name"] = …
local function key_at(tokens, index)
  local token = tokens[index]
  if token.kind == "name" and is_symbol(tokens[index + 1], "=") then
    return token.text, index + 2
  end
  local inner = tokens[index + 1]
  if is_symbol(token, "[") and inner and inner.kind == "string" and is_symbol(tokens[index + 3], "=") then
    return inner.text, index + 4
  end
end

-- Calls visit(key, value index, line) for each entry of the table whose brace is at `index`.
local function each_entry(tokens, index, visit)
  local position = 0
  local is_start = true
  local depth = 0
  while index < #tokens do
    index = index + 1
    local token = tokens[index]
    if depth == 0 and is_symbol(token, "}") then
      return nil
    end
    if depth == 0 and is_start then
      local key, value = key_at(tokens, index)
      if not key then
        position = position + 1
        key, value = position, index
      end
      local found = visit(key, value, token.line)
      if found then
        return found
      end
    end
    if token.kind == "symbol" and OPENING[token.text] then
      depth = depth + 1
    elseif token.kind == "symbol" and CLOSING[token.text] then
      depth = depth - 1
    end
    is_start = depth == 0 and (is_symbol(token, ",") or is_symbol(token, ";"))
  end
end

local function find_in_table(tokens, index, path, first)
  return each_entry(tokens, index, function(key, value, line)
    if key ~= path[first] then
      return nil
    end
    if first == #path or not is_symbol(tokens[value], "{") then
      return line
    end
    return find_in_table(tokens, value, path, first + 1) or line
  end)
end

-- The only place in the file where `name =` stands.
local function find_anywhere(tokens, name)
  local line
  for index = 1, #tokens do
    if key_at(tokens, index) == name then
      if line then
        return nil
      end
      line = tokens[index].line
    end
  end
  return line
end

--- The line of a key of the table that is given in the call on `from_line`.
---@param source string
---@param from_line integer
---@param path relay.Path
---@return integer?
function source_line.find(source, from_line, path)
  local tokens = tokens_of(source)
  for index, token in ipairs(tokens) do
    if token.line >= from_line and is_symbol(token, "{") then
      local line = find_in_table(tokens, index, path, 1)
      if line then
        return line
      end
      break
    end
  end
  return find_anywhere(tokens, path[#path])
end

return source_line
