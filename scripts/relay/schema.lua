--- schema.lua: every key of relay.node, what it may be, and what it is when nobody says.
--
-- docs/api/config.lua has the same for editors. A limit of 0 where it is allowed means: no limit.

local address = require "relay.address"
local check = require "relay.check"
local plain = require "relay.plain"

local schema = {}

---@class relay.Listen
---@field host string a numeric address without brackets
---@field port integer 0: any

local BILLION = 1000000000
local MIB = 1024 * 1024

-- policy.h has the same two.
local SETTINGS_BYTES_MAX = 64 * 1024
local SETTINGS_DEPTH_MAX = 8

local function is_url(text)
  return text:find("^wss?://[^%s/]+[^%s]*$")
end

local function is_token(text)
  return #text <= 1024 and text:find("^[!-~]+$")
end

local function is_path(text)
  return text ~= "" and not text:find("\0", 1, true)
end

local name = check.text("1 to 64 of the characters A-Z a-z 0-9 . _ -", function(text)
  return #text <= 64 and text:find("^[%w._-]+$")
end)
local url = check.text("a ws:// or wss:// address", is_url)
local path = check.text("a path", is_path)

-- A token is never shown.
local function token(value)
  if type(value) ~= "string" or not is_token(value) then
    return nil, "must be 1 to 1024 printable characters without spaces"
  end
  return value
end

local function listen_address(value)
  if type(value) ~= "string" then
    return nil, "must be an address and a port such as \"0.0.0.0:8080\""
  end
  return address.parse(value)
end

local listen_list = check.list(listen_address)

local function listen(value)
  local list, message, where = listen_list(type(value) == "table" and value or { value })
  if message then
    return nil, message, type(value) == "table" and where or nil
  end
  if #list == 0 then
    return nil, "must name at least one address"
  end
  return list
end

local function field(one, required)
  return { check = one, required = required }
end

local peer = check.record {
  name = field(name, true),
  url = field(url, true),
  token = field(token, true),
}

local limits = check.record {
  message_bytes = field(check.integer(1, 64 * 1024 * 1024)),
  connections = field(check.integer(1, BILLION)),
  connections_per_address = field(check.integer(0, BILLION)),
  channels_per_client = field(check.integer(1, BILLION)),
  messages_per_second = field(check.number(0, BILLION)),
  burst = field(check.number(1, BILLION)),
  send_queue_bytes = field(check.integer(1024, BILLION)),
  hash_queue = field(check.integer(1, BILLION)),
}

local log = check.record {
  level = field(check.choice { "debug", "info", "warn", "error" }),
  format = field(check.choice { "text", "json" }),
}

--- The checks of the keys, for values that come from elsewhere.
---@type table<string, relay.Field>
schema.fields = {
  name = field(name),
  listen = field(listen),
  host = field(url),
  region = field(name),
  token = field(token),
  peers = field(check.list(peer)),
  pool = field(check.integer(1, 1000)),
  master = field(check.boolean()),
  reserve = field(check.choice { "available", "majority" }),
  policies = field(path),
  tls = field(check.record { cert = field(path), key = field(path), ca = field(path) }),
  admin = field(check.record {
    listen = field(listen_address),
    token = field(token),
    channel_metrics = field(check.integer(0, 10000)), -- bind_figures.c has the same
  }),
  control = field(path),
  history = field(check.record { path = field(path), bytes = field(check.integer(MIB, BILLION * 1024)) }),
  limits = field(limits),
  health = field(check.record { latency_ms = field(check.number(0.001, BILLION)) }),
  drain_seconds = field(check.number(0, 86400)),
  keep_alive_seconds = field(check.number(1, 86400)),
  log = field(log),
  settings = field(plain.record(SETTINGS_BYTES_MAX, SETTINGS_DEPTH_MAX)),
}

--- Checks what relay.node was given.
---@type relay.Check
schema.node = check.record(schema.fields)

--- A fresh table of the values that stand where nobody gives one. Without name and policies, which
--- depend on the machine.
---@return table
function schema.defaults()
  return {
    listen = { { host = "0.0.0.0", port = 8080 } },
    peers = {},
    pool = 8,
    master = false,
    reserve = "available",
    limits = {
      message_bytes = 65536,
      connections = 100000,
      connections_per_address = 1000,
      channels_per_client = 100,
      messages_per_second = 1000,
      burst = 2000,
      send_queue_bytes = 1048576,
      hash_queue = 1024,
    },
    health = { latency_ms = 10 },
    history = { path = "history.db", bytes = 256 * MIB },
    drain_seconds = 10,
    keep_alive_seconds = 25,
    log = { level = "info", format = "text" },
  }
end

return schema
