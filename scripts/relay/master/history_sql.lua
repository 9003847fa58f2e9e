--- history_sql.lua: the tables of the history, and the statements that fill and read them.
--
-- Texts alone: what runs them is history.lua. Two *subjects* are kept, nodes and channels, each on four
-- *levels*: samples of 15 seconds, and *buckets* of a minute, an hour and a day with the average and the
-- maximum of each *figure* and how many samples they are made of. A bucket is named for the second in which
-- it begins.
--
-- The key of a row is (at, id): all that belongs to a moment stands together, so a sample writes few pages
-- and what is old goes in one piece. The whole network is the node with id 0, whose name is "".

local sql = {}

sql.VERSION = 1 -- PRAGMA user_version
sql.APPLICATION = 0x77737268 -- PRAGMA application_id: "wsrh"
sql.CHANNELS_MAX = 100 -- in a bucket
sql.EVENTS_MAX = 10000

local HOUR, DAY = 3600, 86400

---@class relay.history.Level
---@field name string
---@field seconds integer of a bucket
---@field keep integer seconds
---@field chart integer seconds that a chart of it shows: kept as long as there is room for any
---@field least integer seconds: what the next level's unfinished bucket is made of

--- The finest first.
---@type relay.history.Level[]
sql.LEVELS = {
  { name = "15s", seconds = 15, keep = 2 * HOUR, chart = HOUR, least = 120 },
  { name = "1m", seconds = 60, keep = 2 * DAY, chart = DAY, least = HOUR },
  { name = "1h", seconds = HOUR, keep = 62 * DAY, chart = 31 * DAY, least = DAY },
  { name = "1d", seconds = DAY, keep = 5 * 366 * DAY, chart = 366 * DAY, least = DAY },
}

--- A new one is a new migration, which adds its columns.
sql.FIGURES = {
  channel = { "clients", "messages_per_second", "kbits_per_second" },
  node = {
    "clients", "channels", "messages_per_second", "kbits_per_second", "load", "memory_used", "memory_total",
    "disk_used", "disk_total", "bytes_in_per_second", "bytes_out_per_second",
    "nodes", -- 1, or how many the network had
  },
}

-- Figures whose maximum a chart shows beside the average.
local WITH_MAXIMUM = { clients = true, messages_per_second = true }

---@alias relay.history.Subject "node"|"channel"
sql.SUBJECTS = { "channel", "node" }

---@param subject relay.history.Subject
---@param level relay.history.Level
function sql.table_of(subject, level)
  return subject .. "_" .. level.name
end

--- One text for each figure, with commas.
---@param subject relay.history.Subject
---@param text string where $ stands for the figure
local function each(subject, text)
  local parts = {}
  for index, figure in ipairs(sql.FIGURES[subject]) do
    parts[index] = text:gsub("%$", figure)
  end
  return table.concat(parts, ", ")
end

-- ── tables ───────────────────────────────────────────────────────────────────────────────────

local function create_level(subject, level, is_finest)
  local figures = each(subject, is_finest and "$ REAL" or "$ REAL, $_max REAL")
  return ("CREATE TABLE %s (at INTEGER NOT NULL, id INTEGER NOT NULL, %s%s, PRIMARY KEY (at, id)) "
    .. "WITHOUT ROWID")
    :format(sql.table_of(subject, level), is_finest and "" or "samples INTEGER NOT NULL, ", figures)
end

local function first_tables()
  local statements = {
    { "CREATE TABLE event (id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, node TEXT, "
      .. "text TEXT NOT NULL)" },
    { "CREATE INDEX event_at ON event (at)" },
  }
  for _, subject in ipairs(sql.SUBJECTS) do
    table.insert(statements, { ("CREATE TABLE %s (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
      :format(subject) })
    for index, level in ipairs(sql.LEVELS) do
      table.insert(statements, { create_level(subject, level, index == 1) })
    end
  end
  table.insert(statements, { "INSERT INTO node VALUES (0, '')" })
  table.insert(statements, { ("PRAGMA application_id = %d"):format(sql.APPLICATION) })
  return statements
end

--- From each version to the next one.
---@type (fun(): table[])[]
sql.MIGRATIONS = { first_tables }

-- ── samples and buckets ──────────────────────────────────────────────────────────────────────

local function add_name(subject)
  return ("INSERT OR IGNORE INTO %s (name) VALUES (?)"):format(subject)
end

-- Parameters: the name, at, and the figures in their order.
local function add_sample(subject)
  local marks = {}
  for index in ipairs(sql.FIGURES[subject]) do
    marks[index] = "?" .. 2 + index
  end
  return ("INSERT OR REPLACE INTO %s SELECT ?2, id, %s FROM %s WHERE name = ?1")
    :format(sql.table_of(subject, sql.LEVELS[1]), table.concat(marks, ", "), subject)
end

--- Figures of the network that are no sum of its nodes': a channel of two nodes is one, and so is each of
--- its messages.
sql.NETWORK = { "channels", "messages_per_second", "kbits_per_second" }

-- Of the moment ?1: the sums of what the nodes told, of the load the average. Whoever knows those of
-- sql.NETWORK better gives them as ?2, ?3 and ?4.
local function add_network()
  local sums = each("node", "sum($)"):gsub("sum%(load%)", "avg(load)")
  for place, figure in ipairs(sql.NETWORK) do
    local sum = ("sum(%s)"):format(figure)
    sums = sums:gsub(sum:gsub("%p", "%%%0"), ("coalesce(?%d, %s)"):format(place + 1, sum))
  end
  return ("INSERT OR REPLACE INTO node_15s SELECT ?1, 0, %s FROM node_15s WHERE at = ?1 AND id > 0 "
    .. "HAVING count(*) > 0"):format(sums)
end

-- A bucket that is made of samples, or of finer buckets, which weigh as much as they have samples.
local AVERAGE_OF_SAMPLES = "avg($), max($)"
local AVERAGE_OF_BUCKETS = "sum($ * samples) / sum(samples) FILTER (WHERE $ IS NOT NULL), max($_max)"

-- Makes the bucket ?1 anew of all that is known on the finer level. What was made of more than is still
-- known stays as it is: so nothing is lost when the clock goes back to where the finer rows are gone.
local function fill_bucket(subject, index)
  local level, finer = sql.LEVELS[index], sql.LEVELS[index - 1]
  local name = sql.table_of(subject, level)
  local of_samples = index == 2
  return ("INSERT INTO %s SELECT ?1, id, %s, %s FROM %s WHERE at >= ?1 AND at < ?1 + %d GROUP BY id "
    .. "ON CONFLICT (at, id) DO UPDATE SET samples = excluded.samples, %s "
    .. "WHERE excluded.samples >= %s.samples")
    :format(name, of_samples and "count(*)" or "sum(samples)",
      each(subject, of_samples and AVERAGE_OF_SAMPLES or AVERAGE_OF_BUCKETS), sql.table_of(subject, finer),
      level.seconds, each(subject, "$ = excluded.$, $_max = excluded.$_max"), name)
end

-- Channels come and go; in a bucket the busiest stay.
local function trim_bucket(index)
  local name = sql.table_of("channel", sql.LEVELS[index])
  return ("DELETE FROM %s WHERE at = ?1 AND id NOT IN (SELECT id FROM %s WHERE at = ?1 "
    .. "ORDER BY messages_per_second * samples DESC, clients * samples DESC, id LIMIT %d)")
    :format(name, name, sql.CHANNELS_MAX)
end

-- Of a table the oldest rows that are older than ?1, ?2 of them at most.
local function delete_old(name)
  return ("DELETE FROM %s WHERE (at, id) IN (SELECT at, id FROM %s WHERE at < ?1 ORDER BY at, id LIMIT ?2)")
    :format(name, name)
end

local function delete_unused_names(subject)
  local uses = {}
  for index, level in ipairs(sql.LEVELS) do
    uses[index] = "SELECT id FROM " .. sql.table_of(subject, level)
  end
  return ("DELETE FROM %s WHERE id > 0 AND id NOT IN (%s)"):format(subject, table.concat(uses, " UNION "))
end

-- ── reading ──────────────────────────────────────────────────────────────────────────────────

--- The columns of a chart: at, and the figures, some with their maximum behind them.
---@param subject relay.history.Subject
---@return string[]
function sql.columns(subject)
  local columns = { "at" }
  for _, figure in ipairs(sql.FIGURES[subject]) do
    table.insert(columns, figure)
    if WITH_MAXIMUM[figure] then
      table.insert(columns, figure .. "_max")
    end
  end
  return columns
end

-- From ?2 to ?3 for the name ?1. The buckets are counted, so that each is found by its key.
local function read_level(subject, index)
  local columns = table.concat(sql.columns(subject), ", ")
  if index == 1 then
    columns = columns:gsub("([%w_]+)_max", "%1") -- a sample is its own maximum
  end
  return ("WITH RECURSIVE bucket (start) AS (VALUES (?2) UNION ALL "
    .. "SELECT start + %d FROM bucket WHERE start < ?3) "
    .. "SELECT %s FROM bucket CROSS JOIN %s ON at = start AND id = (SELECT id FROM %s WHERE name = ?1)")
    :format(sql.LEVELS[index].seconds, columns, sql.table_of(subject, sql.LEVELS[index]), subject)
end

-- The nodes of which there are rows not older than ?1, ?2 of them at most: with the first and the last row.
local function known_nodes(index)
  return ("SELECT name, min(at), max(at) FROM %s JOIN node USING (id) WHERE id > 0 GROUP BY id "
    .. "HAVING max(at) >= ?1 ORDER BY max(at) DESC LIMIT ?2"):format(sql.table_of("node", sql.LEVELS[index]))
end

-- ── all of them, made once ───────────────────────────────────────────────────────────────────

local function for_each_level(first, make)
  local made = {}
  for index = first, #sql.LEVELS do
    made[index] = make(index)
  end
  return made
end

local function for_each_subject(make)
  local made = {}
  for _, subject in ipairs(sql.SUBJECTS) do
    made[subject] = make(subject)
  end
  return made
end

local function for_all(first, make)
  return for_each_subject(function(subject)
    return for_each_level(first, function(index)
      return make(subject, index)
    end)
  end)
end

sql.add_name = for_each_subject(add_name)
sql.add_sample = for_each_subject(add_sample)
sql.add_network = add_network()
sql.fill_bucket = for_all(2, fill_bucket)
sql.trim_bucket = for_each_level(2, trim_bucket)
sql.delete_old = for_all(1, function(subject, index)
  return delete_old(sql.table_of(subject, sql.LEVELS[index]))
end)
sql.oldest = for_all(1, function(subject, index)
  return "SELECT min(at) FROM " .. sql.table_of(subject, sql.LEVELS[index])
end)
sql.delete_unused_names = for_each_subject(delete_unused_names)
sql.read_level = for_all(1, read_level)
sql.known_nodes = for_each_level(1, known_nodes)
--- The nodes that left and did not come back, ?1 of them at most, and when. Of each group SQLite gives the
--- row with the maximum.
sql.left_nodes = "SELECT node, at FROM (SELECT node, at, kind, max(id) FROM event "
  .. "WHERE node IS NOT NULL AND kind IN ('joined', 'left') GROUP BY node) WHERE kind = 'left' "
  .. "ORDER BY at DESC LIMIT ?1"

sql.add_event = "INSERT INTO event (at, kind, node, text) VALUES (?, ?, ?, ?)"
sql.delete_old_events = ("DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - %d")
  :format(sql.EVENTS_MAX)
--- The newest ?2 before the time ?1, and those of the same time as the last of them: so whoever goes on from
--- there misses none.
sql.read_events = "SELECT at, kind, node, text FROM event WHERE at < ?1 AND at >= (SELECT min(at) FROM "
  .. "(SELECT at FROM event WHERE at < ?1 ORDER BY at DESC LIMIT ?2)) ORDER BY at DESC, id DESC LIMIT 1000"

sql.sizes = { { "PRAGMA page_size" }, { "PRAGMA page_count" }, { "PRAGMA freelist_count" } }

return sql
