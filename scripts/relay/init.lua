--- relay: what a main.lua talks to.
--
--     local relay = require "relay"
--     relay.node { listen = "0.0.0.0:8080" }

local config = require "relay.config"
local engine = require "relay.engine"
local source_line = require "relay.source_line"
local strict = require "relay.strict"

local relay = {}

---@type string? file:line of the call of relay.node in this load
local node_place

-- An error whose text is already what a person should read: no traceback is added to it.
local function raise(text)
  error(setmetatable({ text = text }, {
    __tostring = function(problem)
      return problem.text
    end,
  }))
end

local function read_source(source)
  local file = source:sub(1, 1) == "@" and io.open(source:sub(2))
  if not file then
    return ""
  end
  local text = file:read("a")
  file:close()
  return text or ""
end

local function file_of(caller)
  return caller.source:sub(1, 1) == "@" and caller.source:sub(2) or caller.short_src
end

-- file:line of the key that a problem is about.
local function place_of(problem, caller)
  local line = source_line.find(read_source(caller.source), caller.currentline, problem.path)
  return ("%s:%d"):format(file_of(caller), line or caller.currentline)
end

local function context()
  local known = { path_kind = engine.path_kind }
  for key, value in pairs(engine.context) do
    known[key] = value
  end
  return known
end

--- Says what this node is. A main.lua calls it once.
---@param given relay.NodeConfig
function relay.node(given)
  local caller = debug.getinfo(2, "Sl")
  local place = ("%s:%d"):format(file_of(caller), caller.currentline)
  if node_place then
    raise(("%s: relay.node was called already, at %s"):format(place, node_place))
  end
  local effective, problem = config.resolve(given, context())
  if not effective then
    ---@cast problem relay.Problem
    if problem.is_option then
      raise(problem.message)
    end
    raise(("%s: %s"):format(problem.path and place_of(problem, caller) or place, problem.message))
  end
  node_place = place
  effective.origin = {
    given = given,
    text = read_source(caller.source),
    file = file_of(caller),
    line = caller.currentline,
  }
  engine.configure(effective)
  if effective.master then
    require("relay.master").install()
  end
end

local function join(...)
  local texts = table.pack(...)
  for i = 1, texts.n do
    texts[i] = tostring(texts[i])
  end
  return table.concat(texts, " ")
end

local function logger(level)
  return function(...)
    local caller = debug.getinfo(2, "Sl")
    engine.log(level, join(...), ("%s:%d"):format(caller.short_src, caller.currentline))
  end
end

--- One line in the node's log: the values, as tostring shows them, with a space between them.
---@class relay.log
---@field debug fun(...: any)
---@field info fun(...: any)
---@field warn fun(...: any)
---@field error fun(...: any)
relay.log = strict.fields({
  debug = logger("debug"),
  info = logger("info"),
  warn = logger("warn"),
  error = logger("error"),
}, "relay.log")

-- What C answers by itself; docs/api/relay.lua has the types and tells what each does.
for _, name in ipairs {
  "command", "on", "every", "after", "sleep",
  "request", "broadcast", "hash",
  "name", "nodes", "peers", "latency", "new_token", "dial", "drop_peer",
  "channels", "reserved", "publish", "send", "reserve", "unreserve", "clients", "close_client",
  "counter", "gauge", "stats", "host_stats",
  "array", "null",
} do
  relay[name] = engine[name]
end

--- For what handlers share.
---@type table
relay.state = {}

return strict.fields(relay, "relay")
