--- history.lua: what the network was like, on disk: samples each 15 seconds and what is made of them, and
--- events.
--
--     local history, reason = history.open { path = "/var/lib/wsrelay/history.db", bytes = 268435456 }
--     history:add(now, { nodes = { { name = "node-a", clients = 5 } }, channels = {} })
--     history:read { node = "node-a", span = "day" }
--
-- Every function waits, so a handler calls it. A sample and all buckets that it belongs to are written in one
-- transaction: at any moment the file is whole, and a node that starts again has nothing to catch up with.

local engine = require "relay.engine"
local room = require "relay.master.history_room"
local sql = require "relay.master.history_sql"

---@class relay.engine.Store what engine.store gives: a database on a thread of its own
---@field run fun(self: relay.engine.Store, statements: any[][]): any[][][]?, string? statements with their
--- parameters behind them, in one transaction; for each the list of its rows, NULL as nil; or nil and why
--- nothing was done

---@class relay.History
---@field private store relay.engine.Store
---@field private bytes integer
---@field private cleaned? integer the hour in which names were looked through last
local History = {}
History.__index = History

local history = {}

local BYTES_DEFAULT = 256 * 1024 * 1024
local NAME_BYTES_MAX = 256
local NODES_MAX = 1000
local TEXT_BYTES_MAX = 1000
local EVENTS_DEFAULT, EVENTS_MAX = 100, 500

-- ── opening ──────────────────────────────────────────────────────────────────────────────────

local function migrate(store, version)
  for next_version = version + 1, sql.VERSION do
    local statements = sql.MIGRATIONS[next_version]()
    table.insert(statements, { ("PRAGMA user_version = %d"):format(next_version) })
    local done, reason = store:run(statements)
    if not done then
      return nil, reason
    end
  end
  return true
end

-- Whether the file is ours, or new.
local function check_file(store)
  local answer, reason = store:run {
    { "PRAGMA application_id" }, { "PRAGMA user_version" }, { "SELECT count(*) FROM sqlite_schema" },
  }
  if not answer then
    return nil, reason
  end
  local application, version, tables = answer[1][1][1], answer[2][1][1], answer[3][1][1]
  if application ~= sql.APPLICATION and (application ~= 0 or version ~= 0 or tables ~= 0) then
    return nil, "it is the database of another program"
  end
  if version > sql.VERSION then
    return nil, ("a newer wsrelay-engine wrote it: it has version %d, and this one knows %d")
      :format(version, sql.VERSION)
  end
  return version
end

---@class relay.history.Options
---@field path? string absolute
---@field bytes? integer of the file at most; 256 MiB
---@field store? relay.engine.Store for specs: in the place of the file

--- Opens the history, and makes it where there is none.
---@param options relay.history.Options
---@return relay.History?
---@return string? reason
function history.open(options)
  local bytes = options.bytes or BYTES_DEFAULT
  local store, reason = options.store, nil
  if not store then
    store, reason = engine.store(options.path, { bytes = bytes })
  end
  local version = nil
  if store then
    version, reason = check_file(store)
  end
  local is_ready = false
  if version then
    is_ready, reason = migrate(store, version)
  end
  if not is_ready then
    return nil, ("history: %s: %s"):format(options.path or "?", reason)
  end
  return setmetatable({ store = store, bytes = bytes }, History)
end

-- ── samples ──────────────────────────────────────────────────────────────────────────────────

-- What other nodes tell may be anything.
local function figure_of(value)
  local is_figure = type(value) == "number" and value == value and value > -math.huge and value < math.huge
  return is_figure and value or nil
end

local function is_name(name)
  return type(name) == "string" and name ~= "" and #name <= NAME_BYTES_MAX
end

local function bucket_of(at, level)
  return math.floor(at / level.seconds) * level.seconds
end

local function sample_of(subject, one, at)
  local statement = { sql.add_sample[subject], one.name, at }
  for index, figure in ipairs(sql.FIGURES[subject]) do
    statement[3 + index] = figure_of(one[figure])
  end
  if subject == "node" then
    statement[3 + #sql.FIGURES.node] = 1 -- `nodes`: itself
  end
  return statement
end

-- Names first, so that each text stands once behind the other.
local function add_samples(statements, subject, list, most, at)
  local samples = {}
  for index = 1, math.min(#list, most) do
    if is_name(list[index].name) then
      table.insert(statements, { sql.add_name[subject], list[index].name })
      table.insert(samples, sample_of(subject, list[index], at))
    end
  end
  table.move(samples, 1, #samples, #statements + 1, statements)
end

-- Every bucket that the moment is in, each made of the one before it.
local function add_buckets(statements, at)
  for index = 2, #sql.LEVELS do
    local bucket = bucket_of(at, sql.LEVELS[index])
    table.insert(statements, { sql.fill_bucket.node[index], bucket })
    table.insert(statements, { sql.fill_bucket.channel[index], bucket })
    table.insert(statements, { sql.trim_bucket[index], bucket })
  end
end

local function sample_job(at, samples)
  local moment = bucket_of(at, sql.LEVELS[1])
  local network = samples.network or {}
  local statements = {}
  add_samples(statements, "node", samples.nodes or {}, NODES_MAX, moment)
  local whole = { sql.add_network, moment }
  for place, figure in ipairs(sql.NETWORK) do
    whole[place + 2] = figure_of(network[figure])
  end
  table.insert(statements, whole)
  add_samples(statements, "channel", samples.channels or {}, sql.CHANNELS_MAX, moment)
  add_buckets(statements, moment)
  for _, statement in ipairs(room.delete_old(at)) do
    table.insert(statements, statement)
  end
  for _, statement in ipairs(sql.sizes) do
    table.insert(statements, statement)
  end
  return statements
end

function History:clean_names(at)
  local hour = math.floor(at / 3600)
  if self.cleaned ~= hour then
    self.cleaned = hour
    return self.store:run(room.delete_unused_names())
  end
end

-- Runs the job of a sample; once more where that failed and room could be made.
function History:write(job, at)
  local answer, reason = self.store:run(job)
  if answer then
    return answer
  end
  local sizes = self.store:run(sql.sizes)
  if sizes and room.make(self.store, room.size(sizes, 1), self.bytes, at) then
    answer, reason = self.store:run(job)
  end
  return answer, reason
end

---@class relay.history.NodeSample what the node did not tell is nil
---@field name string
---@field clients? number
---@field channels? number
---@field messages_per_second? number
---@field kbits_per_second? number
---@field load? number
---@field memory_used? number bytes
---@field memory_total? number
---@field disk_used? number
---@field disk_total? number
---@field bytes_in_per_second? number
---@field bytes_out_per_second? number

---@class relay.history.ChannelSample
---@field name string
---@field clients? number
---@field messages_per_second? number
---@field kbits_per_second? number

---@class relay.history.Samples
---@field nodes relay.history.NodeSample[] those that answered, 1000 at most
---@field channels relay.history.ChannelSample[] the busiest first; beyond 100 they are left out
---@field network? relay.history.NetworkSample

---@class relay.history.NetworkSample what is known better than as the sum of the nodes'
---@field channels? number each counted once
---@field messages_per_second? number each counted once
---@field kbits_per_second? number

--- Writes a sample of the network. A second one of the same 15 seconds takes the place of the first.
---@param at number Unix time
---@param samples relay.history.Samples
---@return boolean? ok
---@return string? reason
function History:add(at, samples)
  local answer, reason = self:write(sample_job(at, samples), at)
  if not answer then
    return nil, reason
  end
  self:clean_names(at)
  room.make(self.store, room.size(answer, #answer - #sql.sizes + 1), self.bytes, at)
  return true
end

-- ── charts ───────────────────────────────────────────────────────────────────────────────────

---@type table<string, { level: integer, seconds: integer }>
local SPANS = {
  hour = { level = 1, seconds = 3600 },
  day = { level = 2, seconds = 86400 },
  month = { level = 3, seconds = 31 * 86400 },
}

-- Without holes, as JSON has them.
local function whole(row, width)
  for index = 1, width do
    if row[index] == nil then
      row[index] = engine.null
    end
  end
  return engine.array(row)
end

---@class relay.history.Question a node, a channel, or neither: the whole network
---@field node? string
---@field channel? string
---@field span "hour"|"day"|"month"
---@field now? number Unix time; the clock's

---@class relay.history.Chart
---@field span string
---@field step_seconds integer
---@field from integer the first bucket's begin
---@field to integer the last one's, which is not over yet
---@field columns string[]
---@field rows table[] in order; a bucket of which nothing is known has none, a figure has relay.null

--- A chart's figures: of each bucket the average, of some beside it the maximum. The whole network is the
--- sum of what its nodes told, and the average of their load; `nodes` is how many told something.
---@param question relay.history.Question
---@return relay.history.Chart?
---@return string? reason
function History:read(question)
  local span = SPANS[question.span]
  if not span then
    return nil, "span is hour, day or month"
  end
  if question.node and question.channel then
    return nil, "either a node or a channel"
  end
  local level, subject = sql.LEVELS[span.level], question.channel and "channel" or "node"
  local to = bucket_of(question.now or os.time(), level)
  local from = to - span.seconds + level.seconds
  local answer, reason = self.store:run {
    { sql.read_level[subject][span.level], question.channel or question.node or "", from, to },
  }
  if not answer then
    return nil, reason
  end
  local columns = sql.columns(subject)
  for index, row in ipairs(answer[1]) do
    answer[1][index] = whole(row, #columns)
  end
  return {
    span = question.span, step_seconds = level.seconds, from = from, to = to,
    columns = engine.array(columns), rows = engine.array(answer[1]),
  }
end

-- ── nodes ────────────────────────────────────────────────────────────────────────────────────

---@class relay.history.Node a node that there was
---@field name string
---@field joined_at? number of its first sample, as exactly as it is known
---@field seen_at? number of its last sample, when that is of the last day
---@field left_at? number when it left; nil: it was there when this was last told

-- A level's rows behind those of a coarser one, whose first bucket holds its first finer one.
local function add_rows(nodes, rows, coarser)
  for _, row in ipairs(rows) do
    local name, first, last = row[1], row[2], row[3]
    local node = nodes[name] or { name = name }
    nodes[name] = node
    if not node.joined_at or first < node.joined_at + coarser.seconds then
      node.joined_at = first
    end
    node.seen_at = math.max(node.seen_at or last, last)
  end
end

local function add_samples_of(nodes, store, since)
  local statements = {}
  for index, level in ipairs(sql.LEVELS) do
    statements[index] = { sql.known_nodes[index], since - level.seconds, NODES_MAX }
  end
  local answer, reason = store:run(statements)
  for index = answer and #sql.LEVELS or 0, 1, -1 do
    add_rows(nodes, answer[index], sql.LEVELS[index + 1])
  end
  return answer, reason
end

local function add_departures(nodes, store)
  local answer, reason = store:run { { sql.left_nodes, NODES_MAX } }
  for _, row in ipairs(answer and answer[1] or {}) do
    local node = nodes[row[1]] or { name = row[1] }
    nodes[row[1]], node.left_at = node, row[2]
  end
  return answer, reason
end

--- The nodes that were there in the last day, and those that left at any time and did not come back.
---@param at number Unix time
---@return relay.history.Node[]?
---@return string? reason
function History:nodes(at)
  local nodes, since = {}, at - 86400
  local ok, reason = add_samples_of(nodes, self.store, since)
  if ok then
    ok, reason = add_departures(nodes, self.store)
  end
  if not ok then
    return nil, reason
  end
  local list = {}
  for _, node in pairs(nodes) do
    node.seen_at = node.seen_at and node.seen_at >= since and node.seen_at or nil
    list[#list + 1] = (node.seen_at or node.left_at) and node or nil
  end
  return list
end

-- ── events ───────────────────────────────────────────────────────────────────────────────────

-- Its beginning, and no half character.
local function shortened(text)
  if #text <= TEXT_BYTES_MAX then
    return text
  end
  local last = TEXT_BYTES_MAX
  while last > 0 and text:find("^[\x80-\xBF]", last + 1) do
    last = last - 1
  end
  return text:sub(1, last) .. "…"
end

---@class relay.history.Event
---@field at number Unix time
---@field kind string
---@field node? string relay.null where it was read and there is none
---@field text string

--- Keeps an event, and the newest 10,000.
---@param event relay.history.Event
---@return boolean? ok
---@return string? reason
function History:add_event(event)
  local node = type(event.node) == "string" and event.node or nil
  local answer, reason = self.store:run {
    { sql.add_event, event.at, event.kind, node, shortened(event.text) },
    { sql.delete_old_events },
  }
  return answer and true, reason
end

--- The newest events first, those before a time. More than `limit` when several have the time of the last:
--- so the next page begins before it.
---@param options? { limit?: integer, before?: number } 100; now
---@return relay.history.Event[]?
---@return string? reason
function History:events(options)
  options = options or {}
  local limit = math.max(1, math.min(options.limit or EVENTS_DEFAULT, EVENTS_MAX))
  local answer, reason = self.store:run { { sql.read_events, options.before or math.huge, limit } }
  if not answer then
    return nil, reason
  end
  local events = {}
  for index, row in ipairs(answer[1]) do
    events[index] = { at = row[1], kind = row[2], node = row[3] or engine.null, text = row[4] }
  end
  return engine.array(events)
end

return history
