--- answers.lua: what other nodes answer to the master, as figures; what cannot be true is left out.
--
-- Pure functions over what a peer sent, which may be anything that JSON can hold. A number is finite and
-- not negative, a text is short UTF-8 that one can print, a list is bounded; all else is nil.

local answers = {}

local NUMBER_MAX = 2 ^ 53 -- more than that a browser does not count exactly
local CHANNELS_MAX = 5000 -- of one node
local DISKS_MAX = 32
local PEERS_MAX = 1000
local NODE_NAME_MAX = 128
local TEXT_MAX = 256

-- ── Values ───────────────────────────────────────────────────────────────────────────────────

-- What a path of keys leads to in tables.
local function find(value, ...)
  for _, key in ipairs { ... } do
    value = type(value) == "table" and value[key] or nil
  end
  return value
end

---@return number?
local function number_of(...)
  local number = find(...)
  if math.type(number) and number >= 0 and number <= NUMBER_MAX then
    return number
  end
end

---@return integer?
local function count_of(...)
  local number = number_of(...)
  return number and math.tointeger(number)
end

---@return table empty when it is none
local function table_of(...)
  local value = find(...)
  return type(value) == "table" and value or {}
end

---@return boolean
local function is_text(value, most)
  return type(value) == "string" and value ~= "" and #value <= most and utf8.len(value) ~= nil
    and not value:find "[%c\127]" and not value:find "\xc2[\x80-\x9f]"
end

---@return string?
local function text_of(value, key)
  local text = find(value, key)
  return is_text(text, TEXT_MAX) and text or nil
end

---@return boolean?
local function boolean_of(value, key)
  local boolean = find(value, key)
  if type(boolean) == "boolean" then
    return boolean
  end
end

--- Whether a node can have that name.
---@param name any
---@return boolean
function answers.is_node_name(name)
  return is_text(name, NODE_NAME_MAX) and name ~= "*"
end

-- Whether it is an answer, and not the refusal of one.
local function is_answer(answer)
  return type(answer) == "table" and answer.ok ~= false
end

-- ── node-stats ───────────────────────────────────────────────────────────────────────────────

---@class relay.master.ChannelFigures
---@field clients integer on that node
---@field messages_per_second number over 15 s
---@field kbits_per_second number over 15 s

---@class relay.master.Stats
---@field clients? integer
---@field channels? integer how many are open there
---@field messages_per_second? number over 15 s
---@field kbits_per_second? number over 15 s
---@field list table<string, relay.master.ChannelFigures> by channel, CHANNELS_MAX at most

-- All rounds read the window of 15 s: a message is then in as many figures whoever looks, the page moves
-- smoothly, and what it shows now is what the history will say.
local function rate_of(...)
  local packets = number_of(find(...), "packets", "15s")
  return packets and packets / 15
end

local function bandwidth_of(...)
  return number_of(find(...), "bandwidth", "15s")
end

local function channels_of(answer)
  local list, count = {}, 0
  for _, name in ipairs(table_of(answer, "relay", "channels")) do
    if count >= CHANNELS_MAX then
      break
    end
    if is_text(name, TEXT_MAX) and not list[name] then
      count = count + 1
      list[name] = {
        clients = count_of(answer, "relay", "channel_connections", name) or 0,
        messages_per_second = rate_of(answer, "channels", name) or 0,
        kbits_per_second = bandwidth_of(answer, "channels", name) or 0,
      }
    end
  end
  return list
end

---@param answer any to node-stats
---@return relay.master.Stats? stats nil: it is no answer
function answers.node_stats(answer)
  if not is_answer(answer) or type(answer.relay) ~= "table" then
    return nil
  end
  local names = answer.relay.channels
  return {
    clients = count_of(answer, "relay", "clients"),
    channels = type(names) == "table" and #names or nil,
    messages_per_second = rate_of(answer, "network"),
    kbits_per_second = bandwidth_of(answer, "network"),
    list = channels_of(answer),
  }
end

-- ── host-stats ───────────────────────────────────────────────────────────────────────────────

---@class relay.master.Disk
---@field mount string
---@field used number bytes
---@field total number bytes

---@class relay.master.Host
---@field load? number over a minute
---@field memory_used? number bytes
---@field memory_total? number bytes
---@field disk_used? number bytes, of all disks
---@field disk_total? number bytes, of all disks
---@field disks relay.master.Disk[]
---@field bytes_in_per_second? number over 15 s
---@field bytes_out_per_second? number over 15 s

local function disks_of(answer)
  local disks, used, total = {}, 0, 0
  for _, told in ipairs(table_of(answer, "disk")) do
    local disk = {
      mount = text_of(told, "mount"),
      used = number_of(told, "used"),
      total = number_of(told, "total"),
    }
    if disk.mount and disk.used and disk.total and #disks < DISKS_MAX then
      disks[#disks + 1] = disk
      used, total = used + disk.used, total + disk.total
    end
  end
  if #disks == 0 then
    return disks
  end
  return disks, used, total
end

---@param answer any to host-stats
---@return relay.master.Host? host nil: it is no answer
function answers.host_stats(answer)
  if not is_answer(answer) then
    return nil
  end
  local bytes_in = number_of(answer, "network", "bytes", "15s_in")
  local bytes_out = number_of(answer, "network", "bytes", "15s_out")
  local disks, used, total = disks_of(answer)
  return {
    load = number_of(answer, "cpu", "1m"),
    memory_used = number_of(answer, "mem", "used"),
    memory_total = number_of(answer, "mem", "total"),
    disks = disks,
    disk_used = used,
    disk_total = total,
    bytes_in_per_second = bytes_in and bytes_in / 15,
    bytes_out_per_second = bytes_out and bytes_out / 15,
  }
end

-- ── node-info, list-nodes, get-latency ───────────────────────────────────────────────────────

---@class relay.master.Info what a node of our kind tells; relay.NodeInfo after a look at it
---@field version string
---@field generation? integer
---@field started_at? number
---@field uptime_seconds? number
---@field host? string
---@field region? string
---@field draining boolean
---@field master boolean
---@field health? "good"|"degraded"|"bad"
---@field reason? string
---@field peers { name: string, latency_ms?: number }[]
---@field process? relay.master.ProcessTold

local HEALTH = { good = true, degraded = true, bad = true }

local function peers_of(answer)
  local peers = {}
  for _, told in ipairs(table_of(answer, "peers")) do
    local name = find(told, "name")
    if answers.is_node_name(name) and #peers < PEERS_MAX then
      peers[#peers + 1] = { name = name, latency_ms = number_of(told, "latency_ms") }
    end
  end
  return peers
end

local function host_of(answer)
  local host = text_of(answer, "host")
  return host and host:find "^wss?://[^/%s]+[^%s]*$" and host or nil
end

local function region_of(answer)
  local region = text_of(answer, "region")
  return region and #region <= 64 and region:find "^[%w._-]+$" and region or nil
end

-- What is to be told of a process; the rest of its figures nobody needs here.
local MEASURES = { "resident_bytes", "cpu_seconds", "queued_bytes" }
local COUNTS = {
  "links", "messages_dropped", "slow_clients", "connections_refused", "policy_failures", "handler_failures",
  "reloads_refused",
}

local function process_of(answer)
  local told = find(answer, "process")
  if type(told) ~= "table" then
    return nil
  end
  local process = {}
  for _, key in ipairs(MEASURES) do
    process[key] = number_of(told, key)
  end
  for _, key in ipairs(COUNTS) do
    process[key] = count_of(told, key)
  end
  return process
end

--- Its name is not read: a node has the name that it was asked by.
---@param answer any to node-info
---@return relay.master.Info? info nil: it is no node of our kind, or not one that knows this command
function answers.node_info(answer)
  local version = is_answer(answer) and text_of(answer, "version")
  if not version then
    return nil
  end
  local health = find(answer, "health")
  return {
    version = version,
    generation = count_of(answer, "generation"),
    started_at = number_of(answer, "started_at"),
    uptime_seconds = number_of(answer, "uptime_seconds"),
    host = host_of(answer),
    region = region_of(answer),
    draining = boolean_of(answer, "draining") or false,
    master = boolean_of(answer, "master") or false,
    health = type(health) == "string" and HEALTH[health] and health or nil,
    reason = text_of(answer, "reason"),
    peers = peers_of(answer),
    process = process_of(answer),
  }
end

---@param answer any to list-nodes
---@return string[] names
function answers.list_nodes(answer)
  local names = {}
  for _, name in ipairs(table_of(answer, "nodes")) do
    if answers.is_node_name(name) and #names < PEERS_MAX then
      names[#names + 1] = name
    end
  end
  return names
end

---@param answer any to get-latency
---@return number? ms
function answers.latency(answer)
  return is_answer(answer) and number_of(answer, "latency") or nil
end

return answers
