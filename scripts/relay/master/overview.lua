--- overview.lua: what the master shows of the network, as JSON: now, the histories, the events.
--
-- The text of the state is built once for all who look. A large network's is built in pieces, with a
-- turn of the loop between them.

local relay = require "relay"
local engine = require "relay.engine"
local http = require "relay.http"
local answers = require "relay.master.answers"
local collect = require "relay.master.collect"

local overview = {}
overview.__index = overview

local PIECE = 100 -- of a list, in one turn of the loop
local NAME_MAX = 256
local NULL = relay.null

---@class relay.master.StateNode a node in the state; nil is written as null
---@field name string
---@field is_master boolean
---@field is_plain boolean it knows the notes alone
---@field state "up"|"lost" lost: known, and does not answer
---@field joined_at number|nil Unix seconds; nil: before this node, and nobody knows when
---@field seen_at number Unix seconds
---@field host string|nil where nodes dial it
---@field region string|nil
---@field version string|nil
---@field generation integer|nil
---@field uptime_seconds number|nil
---@field draining boolean
---@field health "good"|"degraded"|"bad"|nil
---@field reason string|nil
---@field clients integer|nil
---@field channels integer|nil
---@field messages_per_second number|nil over 15 s
---@field kbits_per_second number|nil over 15 s
---@field load number|nil over a minute
---@field memory_used number|nil bytes
---@field memory_total number|nil bytes
---@field disk_used number|nil bytes, of all disks
---@field disk_total number|nil bytes, of all disks
---@field disks relay.master.Disk[]
---@field bytes_in_per_second number|nil over 15 s
---@field bytes_out_per_second number|nil over 15 s
---@field process relay.master.Process|nil

---@class relay.master.State
---@field at number Unix seconds
---@field master string this node's name
---@field version string
---@field uptime_seconds number
---@field network relay.master.NetworkFigures
---@field nodes relay.master.StateNode[] in alphabetical order
---@field links relay.master.Link[] a < b, each once
---@field channels relay.master.Channel[] the busiest first, 200 at most
---@field channels_left_out integer
---@field events relay.master.Event[] the newest first, 100 at most

---@class relay.master.OverviewGiven
---@field collect relay.master.Collect
---@field events relay.master.Events
---@field history fun(): relay.master.History? nil: none is kept

---@param given relay.master.OverviewGiven
function overview.new(given)
  return setmetatable({
    collect = given.collect,
    events = given.events,
    history = given.history,
    text = nil, ---@type string?
    version = nil, ---@type string? of the text
  }, overview)
end

-- ── Parts of the state ───────────────────────────────────────────────────────────────────────

local function or_null(value)
  return value == nil and NULL or value
end

local FIGURES = {
  "clients", "channels", "messages_per_second", "kbits_per_second", "load", "memory_used", "memory_total",
  "disk_used", "disk_total", "bytes_in_per_second", "bytes_out_per_second",
}

local NOTHING = { peers = {} } -- of a node that was lost before the last load

-- What a lost node told last is no figure of now.
local function add_figures(entry, told, is_up)
  local figures = is_up and collect.figures(told) or {}
  for _, key in ipairs(FIGURES) do
    entry[key] = or_null(figures[key])
  end
  entry.disks = relay.array(is_up and told.host and told.host.disks or {})
end

local PROCESS = {
  "resident_bytes", "cpu", "queued_bytes", "links", "messages_dropped", "slow_clients", "connections_refused",
  "policy_failures", "handler_failures", "reloads_refused",
}

local function process_entry(process)
  local entry = { recent = process.recent }
  for _, key in ipairs(PROCESS) do
    entry[key] = or_null(process[key])
  end
  return entry
end

---@param record relay.master.Record
---@param told? relay.master.Told
---@return relay.master.StateNode
local function node_entry(record, told)
  told = told or NOTHING
  local info, is_up = told.info or {}, record.state == "up"
  local entry = {
    name = record.name,
    is_master = record.name == relay.name() or info.master == true,
    is_plain = record.is_plain,
    state = record.state,
    joined_at = or_null(record.joined_at),
    seen_at = record.seen_at,
    host = or_null(record.host),
    region = or_null(record.region),
    version = or_null(record.version),
    generation = or_null(record.generation),
    uptime_seconds = or_null(is_up and info.uptime_seconds or nil),
    draining = is_up and info.draining == true,
    health = or_null(is_up and record.health or nil),
    reason = or_null(is_up and info.reason or nil),
    process = is_up and told.process and process_entry(told.process) or NULL,
  }
  add_figures(entry, told, is_up)
  return entry
end

local function link_entry(link)
  return { a = link.a, b = link.b, latency_ms = or_null(link.latency_ms) }
end

local function channel_entry(channel)
  return {
    name = channel.name,
    protected = or_null(channel.protected),
    nodes = channel.nodes,
    subscribers = channel.subscribers,
    clients = channel.clients,
    messages_per_second = channel.messages_per_second,
    kbits_per_second = channel.kbits_per_second,
  }
end

local function event_entry(event)
  return { at = event.at, kind = event.kind, node = or_null(event.node), text = event.text }
end

-- ── The text ─────────────────────────────────────────────────────────────────────────────────

-- A JSON array of what `entry_of` makes of each; nil leaves one out. Waits between the pieces.
local function array_text(list, entry_of)
  local pieces = {}
  for first = 1, #list, PIECE do
    if first > 1 then
      relay.sleep(0)
    end
    local piece = relay.array {}
    for place = first, math.min(first + PIECE - 1, #list) do
      piece[#piece + 1] = entry_of(list[place])
    end
    pieces[#pieces + 1] = #piece > 0 and engine.json(piece):sub(2, -2) or nil
  end
  return "[" .. table.concat(pieces, ",") .. "]"
end

local function build(self)
  local rounds, known, status = self.collect, self.collect.nodes, engine.status()
  local head = engine.json {
    at = engine.time(),
    master = relay.name(),
    version = status.version,
    uptime_seconds = status.uptime_seconds,
    network = rounds.network,
    channels_left_out = rounds.channels_left_out,
  }
  local nodes = array_text(known:names(), function(name)
    local record = known.records[name] -- it may have been forgotten while a piece was built
    return record and node_entry(record, known.told[name])
  end)
  return ('%s,"nodes":%s,"links":%s,"channels":%s,"events":%s}'):format(head:sub(1, -2), nodes,
    array_text(rounds.links, link_entry), array_text(rounds.channels, channel_entry),
    array_text(table.move(self.events.list, 1, #self.events.list, 1, {}), event_entry))
end

--- The state as JSON (relay.master.State), the same text until something is new. Waits in large networks.
---@return string
function overview:state()
  local version = self.collect.rounds .. " " .. self.events.count
  if self.version ~= version then
    local text = build(self)
    self.text, self.version = text, version
  end
  return self.text
end

--- Shows it to everybody who looks. Waits in large networks.
function overview:show()
  if engine.viewers() > 0 then
    engine.live(self:state())
  end
end

-- ── Requests ─────────────────────────────────────────────────────────────────────────────────

local function json_response(text)
  return { type = "application/json", body = text }
end

local function unknown_argument(query, known)
  for name in pairs(query) do
    if not known[name] then
      return "unknown argument; known are " .. table.concat(known, ", ")
    end
  end
end

local function known_arguments(...)
  local known = { ... }
  for _, name in ipairs { ... } do
    known[name] = true
  end
  return known
end

local HISTORY_ARGUMENTS = known_arguments("node", "channel", "span")
local EVENTS_ARGUMENTS = known_arguments "before"
local SPANS = { hour = true, day = true, month = true }

local function is_name(text)
  return text == nil or text ~= "" and #text <= NAME_MAX and utf8.len(text) ~= nil
end

-- What is wrong with a question for histories; nil: nothing.
local function wrong_history(query)
  local unknown = unknown_argument(query, HISTORY_ARGUMENTS)
  if unknown then
    return unknown
  end
  if query.node and query.channel then
    return "node and channel exclude each other"
  end
  if query.span and not SPANS[query.span] then
    return "span must be hour, day or month"
  end
  if query.node and not answers.is_node_name(query.node) then
    return "node must be a node's name"
  end
  if not is_name(query.channel) then
    return "channel must be a channel's name"
  end
end

---@param request relay.http.Request
---@return relay.http.Response
function overview:answer_history(request)
  local query = request.query
  local wrong = wrong_history(query)
  if wrong then
    return http.refusal(400, wrong)
  end
  local history = self.history()
  if not history then
    return http.refusal(503, "no histories")
  end
  local read, reason = history:read {
    node = query.node,
    channel = query.channel,
    span = query.span or "hour",
    now = engine.time(),
  }
  if not read then
    return http.refusal(503, reason or "no histories")
  end
  return json_response(engine.json(read))
end

---@param request relay.http.Request
---@return relay.http.Response
function overview:answer_events(request)
  local query = request.query
  local before = tonumber(query.before or "1e12")
  local wrong = unknown_argument(query, EVENTS_ARGUMENTS)
  if not wrong and not (before and before >= 0 and before < math.huge) then
    wrong = "before must be a time in Unix seconds"
  end
  if wrong then
    return http.refusal(400, wrong)
  end
  return json_response('{"events":' .. array_text(self.events:before(before), event_entry) .. "}")
end

--- GET /overview/state, /overview/history, /overview/events.
---@param await fun() waits until there has been a round
function overview:install(await)
  http.route("/overview/state", {}, function()
    await()
    return json_response(self:state())
  end)
  http.route("/overview/history", {}, function(request)
    return self:answer_history(request)
  end)
  http.route("/overview/events", {}, function(request)
    return self:answer_events(request)
  end)
end

return overview
