--- config.lua: the effective configuration: options over main.lua over defaults.
--
-- Pure functions: what they need to know of the machine is in the context. Expected failures return
-- nil and a problem, which relay/init.lua turns into file:line.

local address = require "relay.address"
local check = require "relay.check"
local schema = require "relay.schema"

local config = {}

---@class relay.Option a value of the command line or the environment
---@field key string
---@field value string
---@field source string who gave it: "--listen" or "WSRELAY_LISTEN"

---@class relay.Context what C knows (relay.engine)
---@field main string main.lua as it was given
---@field installed_policies string
---@field host_name string
---@field working_directory string
---@field options relay.Option[] the stronger last
---@field path_kind fun(path: string): "file"|"directory"|nil

---@class relay.Problem
---@field message string
---@field path? relay.Path the key in main.lua that is wrong
---@field is_option? boolean it is not main.lua's: the message names the option

-- ── paths ────────────────────────────────────────────────────────────────────────────────────

---@param path string
---@return string
function config.directory_of(path)
  local directory = path:match("^(.*)/[^/]*$")
  if not directory then
    return "."
  end
  return directory == "" and "/" or directory
end

---@param directory string
---@param path string
---@return string
function config.join(directory, path)
  if path:sub(1, 1) == "/" or directory == "." then
    return path
  end
  return directory:gsub("/$", "") .. "/" .. path
end

-- ── options ──────────────────────────────────────────────────────────────────────────────────

local function parse_peer(text)
  local name, url, token = text:match("^([^=]+)=([^,]+),(.+)$")
  if not name then
    return nil, "must be NAME=URL,TOKEN"
  end
  return { name = name, url = url, token = token }
end

local function split(text)
  local words = {}
  for word in text:gmatch("[^,%s]+") do
    words[#words + 1] = word
  end
  return words
end

-- How an option's text becomes the value of a key. A list grows while one source speaks.
local OPTIONS = {
  name = { key = "name" },
  host = { key = "host" },
  token = { key = "token" },
  policies = { key = "policies" },
  listen = { key = "listen", list = split },
  peer = {
    key = "peers",
    list = function(text)
      local peer, message = parse_peer(text)
      return peer and { peer }, message
    end,
  },
  ["no-peers"] = { -- the test kit's, of a node that dials nobody
    key = "peers",
    list = function()
      return {}
    end,
  },
  ["log-level"] = { key = "log", inner = "level" },
  ["log-format"] = { key = "log", inner = "format" },
}

-- The value that an option gives to its key, before the key's own check.
local function raw_value(rule, option, earlier)
  if rule.inner then
    return { [rule.inner] = option.value }
  end
  if not rule.list then
    return option.value
  end
  local items, message = rule.list(option.value)
  if not items then
    return nil, message
  end
  local list = earlier and earlier.source == option.source and earlier.raw or {}
  return table.move(items, 1, #items, #list + 1, list)
end

---@param option relay.Option
---@param given table<string, { source: string, raw: any, value: any }> by key; changed
---@return string? message
local function take_option(option, given)
  local rule = OPTIONS[option.key]
  if not rule then
    return ("unknown option '%s'"):format(option.key)
  end
  local raw, message = raw_value(rule, option, given[rule.key])
  local value
  if not message then
    value, message = schema.fields[rule.key].check(raw)
  end
  if message then
    return message
  end
  if rule.inner and given[rule.key] then
    given[rule.key].value[rule.inner] = value[rule.inner]
  else
    given[rule.key] = { source = option.source, raw = raw, value = value }
  end
end

--- The values that options give, by key.
---@param options relay.Option[]
---@return table<string, { source: string, value: any }>?
---@return relay.Problem?
function config.from_options(options)
  local given = {}
  for _, option in ipairs(options) do
    local message = take_option(option, given)
    if message then
      return nil, { message = ("%s: %s"):format(option.source, message), is_option = true }
    end
  end
  return given
end

-- ── merging ──────────────────────────────────────────────────────────────────────────────────

-- Nested records merge; lists and values replace.
local NESTED = { limits = true, health = true, history = true, log = true }

---@param base table changed
---@param over table
---@return table base
local function merge(base, over)
  for key, value in pairs(over) do
    if NESTED[key] then
      for inner, inner_value in pairs(value) do
        base[key][inner] = inner_value
      end
    else
      base[key] = value
    end
  end
  return base
end

-- ── what depends on the machine ──────────────────────────────────────────────────────────────

--- A node's name made of a host's.
---@param host_name string
---@return string
function config.default_name(host_name)
  local name = host_name:gsub("[^%w._-]", "-"):sub(1, 64)
  return name ~= "" and name or "node"
end

---@param effective table
---@param context relay.Context
---@param option? { source: string } who gave the policies, when main.lua did not
---@return relay.Problem?
local function place_policies(effective, context, option)
  local directory = config.directory_of(context.main)
  local shown
  if not effective.policies then
    shown = config.join(directory, "policies")
    if context.path_kind(shown) ~= "directory" then
      shown = context.installed_policies
    end
  else
    shown = option and effective.policies or config.join(directory, effective.policies)
    if context.path_kind(shown) ~= "directory" then
      local message = ("there is no directory '%s'"):format(shown)
      return option and { message = option.source .. ": " .. message, is_option = true }
        or { message = "'policies': " .. message, path = { "policies" } }
    end
  end
  effective.policies_shown = shown
  effective.policies = config.join(context.working_directory, shown)
end

---@param effective table
---@param context relay.Context
---@return relay.Problem?
local function place_tls(effective, context)
  local tls = effective.tls
  if not tls then
    return nil
  end
  if (tls.cert == nil) ~= (tls.key == nil) then
    local missing = tls.cert and "key" or "cert"
    return { message = ("'tls.%s' is missing"):format(missing), path = { "tls" } }
  end
  for _, name in ipairs { "cert", "key", "ca" } do
    if tls[name] then
      local file = config.join(config.directory_of(context.main), tls[name])
      if context.path_kind(file) ~= "file" then
        return {
          message = ("'tls.%s': there is no file '%s'"):format(name, file),
          path = { "tls", name },
        }
      end
      tls[name] = config.join(context.working_directory, file)
    end
  end
end

-- ── the network ──────────────────────────────────────────────────────────────────────────────

-- The largest message that fits in a packet between nodes: NETWORK_MESSAGE_MAX in C.
local NETWORK_MESSAGE_MAX = 700 * 1024

-- A problem of a key that an option gave, or main.lua.
local function problem_of(path, message, option)
  if option then
    return { message = option.source .. ": " .. message, is_option = true }
  end
  return { message = ("'%s' %s"):format(check.path_text(path), message), path = path }
end

---@param effective table
---@param options table<string, { source: string }>
---@return relay.Problem?
local function check_peers(effective, options)
  local first = {}
  for index, peer in ipairs(effective.peers) do
    local path = { "peers", index, "name" }
    if peer.name == effective.name then
      return problem_of(path, ("is this node's own name, %q"):format(peer.name), options.peers)
    end
    if first[peer.name] then
      local message = ("is %q, as peers[%d] is already"):format(peer.name, first[peer.name])
      return problem_of(path, message, options.peers)
    end
    first[peer.name] = index
  end
end

---@param effective table
---@return relay.Problem?
local function check_message_bytes(effective)
  local is_networked = effective.token or effective.host or #effective.peers > 0
  if is_networked and effective.limits.message_bytes > NETWORK_MESSAGE_MAX then
    return problem_of({ "limits", "message_bytes" },
      ("must be at most %d where other nodes join (token, host or peers): a longer message fits in no packet")
        :format(NETWORK_MESSAGE_MAX))
  end
end

---@param effective table
---@return relay.Problem?
local function check_admin(effective)
  local admin = effective.admin
  if admin and not admin.token and not address.is_loopback(admin.listen.host) then
    return problem_of({ "admin", "token" },
      ("is needed to listen on %s: whoever reaches it would see all"):format(admin.listen.host))
  end
end

-- As an absolute path; it was given relative to main.lua.
local function placed(path, context)
  return config.join(context.working_directory, config.join(config.directory_of(context.main), path))
end

local function place_files(effective, context)
  effective.control = effective.control and placed(effective.control, context)
  effective.history.path = placed(effective.history.path, context)
end

local function complete(effective, context, options)
  effective.name = effective.name or config.default_name(context.host_name)
  if effective.admin then
    effective.admin.listen = effective.admin.listen or { host = "127.0.0.1", port = 8081 }
    effective.admin.channel_metrics = effective.admin.channel_metrics or 0
  end
  place_files(effective, context)
  return check_peers(effective, options)
    or check_admin(effective)
    or check_message_bytes(effective)
    or place_policies(effective, context, options.policies)
    or place_tls(effective, context)
end

--- What a node runs with. Never changes what it was given.
---@param given relay.NodeConfig
---@param context relay.Context
---@return table? effective
---@return relay.Problem?
function config.resolve(given, context)
  local checked, message, path = schema.node(given)
  if message then
    local text = path and check.sentence(message, path) or "relay.node's argument " .. message
    return nil, { message = text, path = path }
  end
  local options, problem = config.from_options(context.options)
  if not options then
    return nil, problem
  end
  local effective = merge(schema.defaults(), checked)
  for key, option in pairs(options) do
    merge(effective, { [key] = option.value })
  end
  problem = complete(effective, context, options)
  if problem then
    return nil, problem
  end
  return effective
end

return config
