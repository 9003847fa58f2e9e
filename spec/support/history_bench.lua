--- history_bench.lua: a history over a store in memory, for its specs; the engine is two stand-ins.

local luasql_store = require "spec.support.luasql_store"

local bench = {}

bench.null = setmetatable({}, { __tostring = function() return "null" end })

local MODULES = {
  "relay.engine", "relay.master.history", "relay.master.history_room", "relay.master.history_sql",
}

--- A midnight, so every bucket begins there.
bench.MIDNIGHT = 1795305600

function bench.install()
  bench.forget()
  package.loaded["relay.engine"] = {
    null = bench.null,
    array = function(list) return list end,
  }
  bench.history = require "relay.master.history"
  bench.sql = require "relay.master.history_sql"
  bench.room = require "relay.master.history_room"
end

function bench.forget()
  for _, name in ipairs(MODULES) do
    package.loaded[name] = nil
  end
end

---@param path? string
---@param bytes? integer
function bench.open(path, bytes)
  local store = luasql_store.open(path, bytes)
  return assert(bench.history.open { store = store, bytes = bytes }), store
end

--- The rows of a chart as records: { { at = …, clients = … } }, without what is null.
---@param chart relay.history.Chart
function bench.records(chart)
  local records = {}
  for index, row in ipairs(chart.rows) do
    local record = {}
    for at, column in ipairs(chart.columns) do
      record[column] = row[at] ~= bench.null and row[at] or nil
    end
    records[index] = record
  end
  return records
end

--- One figure of a chart, bucket by bucket: { [seconds after midnight] = value }.
---@param chart relay.history.Chart
---@param column string
function bench.figure(chart, column)
  local values = {}
  for _, record in ipairs(bench.records(chart)) do
    values[record.at - bench.MIDNIGHT] = record[column]
  end
  return values
end

return bench
