--- effective.lua: the effective configuration as Lua that could be pasted, and who gave each value.
--
-- What `wsrelay-engine check` prints. Secrets are never shown; what stands in their place is refused
-- by relay.node, so that a paste cannot go unnoticed.

local schema = require "relay.schema"
local source_line = require "relay.source_line"

local effective = {}

---@class relay.Origin where relay.node was called, and with what
---@field given table
---@field text string the source of the file; "" when it cannot be read
---@field file string as errors show it
---@field line integer of the call

---@class relay.Answer who answers a question that policies are asked
---@field file string "client_auth"
---@field name string "connect"
---@field path? string nil: nobody
---@field is_user boolean the file is the user's own

local HIDDEN = "…hidden…"
local COMMENT_COLUMN = 44

-- Keys of records whose values are shown one by one, each with who gave it.
local RECORDS = { admin = true, health = true, history = true, limits = true, log = true, tls = true }

local OPTION_PATHS = { peer = "peers", ["log-level"] = "log.level", ["log-format"] = "log.format" }

local function sorted_keys(...)
  local seen, keys = {}, {}
  for _, record in ipairs { ... } do
    for key in pairs(record) do
      if not seen[key] then
        seen[key] = true
        keys[#keys + 1] = key
      end
    end
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  return keys
end

-- ── values ───────────────────────────────────────────────────────────────────────────────────

local function is_secret(key, parent)
  local name = tostring(key):lower()
  return name:find("token", 1, true) or name:find("secret", 1, true) or name:find("pass", 1, true)
    or (name:find("key$") and parent ~= "tls")
end

local function is_address(value)
  return type(value.host) == "string" and math.type(value.port) == "integer"
end

local function address_text(listen)
  return (listen.host:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(listen.host, listen.port)
end

local function quoted(text)
  text = text:gsub("//[^/@]*@", "//" .. HIDDEN .. "@")
  return (("%q"):format(text):gsub("\\\n", "\\n"))
end

local function key_text(key)
  if type(key) == "string" and key:find("^[%a_][%w_]*$") then
    return key
  end
  return ("[%s]"):format(type(key) == "string" and quoted(key) or tostring(key))
end

local value_text

local function table_text(value, parent, depth)
  if depth > 8 then
    return "{} --[[ … ]]"
  end
  if is_address(value) then
    return quoted(address_text(value))
  end
  local parts = {}
  for _, item in ipairs(value) do
    parts[#parts + 1] = value_text(item, nil, parent, depth + 1)
  end
  for _, key in ipairs(sorted_keys(value)) do
    if not (math.type(key) == "integer" and key >= 1 and key <= #value) then
      parts[#parts + 1] = ("%s = %s"):format(key_text(key), value_text(value[key], key, parent, depth + 1))
    end
  end
  return #parts == 0 and "{}" or ("{ %s }"):format(table.concat(parts, ", "))
end

function value_text(value, key, parent, depth)
  if value ~= nil and key and is_secret(key, parent) and type(value) ~= "table" then
    return ('"%s"'):format(HIDDEN)
  end
  if type(value) == "string" then
    return quoted(value)
  end
  if type(value) == "table" then
    return table_text(value, parent, depth)
  end
  if type(value) == "number" then
    return ("%.14g"):format(value)
  end
  return type(value) == "function" and "nil --[[ a function ]]" or tostring(value)
end

-- ── who gave it ──────────────────────────────────────────────────────────────────────────────

-- The strongest option for each path: { ["log.level"] = "--log-level" }
local function option_sources(options)
  local sources = {}
  for _, option in ipairs(options) do
    sources[OPTION_PATHS[option.key] or option.key] = option.source
  end
  return sources
end

--- file:line of a key in the call of relay.node.
---@param origin relay.Origin
---@param path relay.Path
---@return string
function effective.place(origin, path)
  local line = source_line.find(origin.text, origin.line, path)
  return ("%s:%d"):format(origin.file, line or origin.line)
end

local function giver(origin, sources, path)
  local source = sources[table.concat(path, ".")]
  if source then
    return source
  end
  local given = origin.given
  for _, key in ipairs(path) do
    given = type(given) == "table" and given[key] or nil
  end
  return given ~= nil and effective.place(origin, path) or "default"
end

-- ── the text ─────────────────────────────────────────────────────────────────────────────────

local function add(lines, text, comment)
  local gap = (" "):rep(COMMENT_COLUMN - utf8.len(text))
  lines[#lines + 1] = ("%s%s -- %s"):format(text, gap, comment)
end

local function add_record(lines, key, record, give)
  local fields = schema.defaults()[key] or {}
  lines[#lines + 1] = ("  %s = {"):format(key)
  for _, inner in ipairs(sorted_keys(record, fields)) do
    add(lines, ("    %s = %s,"):format(key_text(inner), value_text(record[inner], inner, key, 1)),
      give { key, inner })
  end
  lines[#lines + 1] = "  },"
end

local function add_peers(lines, peers, give)
  add(lines, "  peers = {", give { "peers" })
  for _, peer in ipairs(peers) do
    lines[#lines + 1] = ("    %s,"):format(value_text(peer, nil, "peers", 1))
  end
  lines[#lines + 1] = "  },"
end

-- A question with a file, or none: the place of a comment in a column.
local function answer_line(answer)
  local name = ("%s.%s"):format(answer.file, answer.name)
  local who = answer.path or "nobody: it costs nothing"
  return ("--   %-24s %s%s"):format(name, who, answer.path and not answer.is_user and "  (installed)" or "")
end

--- The whole text: Lua, the questions as comments behind it.
---@param configuration table what config.resolve made
---@param origin relay.Origin
---@param options relay.Option[]
---@param answers relay.Answer[]
---@return string
function effective.text(configuration, origin, options, answers)
  local sources = option_sources(options)
  local function give(path)
    return giver(origin, sources, path)
  end
  local lines = { 'local relay = require "relay"', "", "relay.node {" }
  for _, key in ipairs(sorted_keys(schema.fields)) do
    local value = configuration[key]
    if RECORDS[key] and type(value) == "table" then
      add_record(lines, key, value, give)
    elseif key == "peers" and #value > 0 then
      add_peers(lines, value, give)
    else
      add(lines, ("  %s = %s,"):format(key, value_text(value, key, nil, 1)), give { key })
    end
  end
  lines[#lines + 1] = "}\n\n-- Who answers what policies are asked:"
  for _, answer in ipairs(answers) do
    lines[#lines + 1] = answer_line(answer)
  end
  return table.concat(lines, "\n") .. "\n"
end

return effective
