local luasql_store = require "spec.support.luasql_store"
local sql = require "relay.master.history_sql"

describe("master.history_sql", function()
  local store

  before_each(function()
    store = luasql_store.open()
    assert(store:run(sql.MIGRATIONS[1]()))
  end)

  after_each(function()
    store:close()
  end)

  it("has a migration to its version", function()
    assert.are.equal(sql.VERSION, #sql.MIGRATIONS)
    assert.are.equal(sql.APPLICATION, store:value "PRAGMA application_id")
  end)

  it("has tables for every subject and level", function()
    local names = {}
    for _, row in ipairs(store:rows "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") do
      table.insert(names, row[1])
    end
    assert.are.equal("channel channel_15s channel_1d channel_1h channel_1m event "
      .. "node node_15s node_1d node_1h node_1m", table.concat(names, " "))
  end)

  it("knows that a level is made of whole finer buckets, which are kept until it is", function()
    for index = 2, #sql.LEVELS do
      local level, finer = sql.LEVELS[index], sql.LEVELS[index - 1]
      assert.are.equal(0, level.seconds % finer.seconds)
      assert.is_true(finer.least >= level.seconds)
      assert.is_true(finer.chart >= finer.least and finer.keep >= finer.chart)
    end
  end)

  -- Nothing may read whole tables with every sample or chart.
  local function plan(text)
    local steps = {}
    for _, row in ipairs(store:rows("EXPLAIN QUERY PLAN " .. text)) do
      table.insert(steps, row[4])
    end
    return table.concat(steps, "\n")
  end

  it("finds what it reads and writes by its key", function()
    for _, subject in ipairs(sql.SUBJECTS) do
      for index, level in ipairs(sql.LEVELS) do
        local name = sql.table_of(subject, level)
        local key = "SEARCH " .. name .. " USING PRIMARY KEY"
        assert.is_truthy(plan(sql.read_level[subject][index]):find(key .. " (at=? AND id=?)", 1, true))
        assert.is_truthy(plan(sql.delete_old[subject][index]):find(key .. " (at=? AND id=?)", 1, true))
        assert.is_truthy(plan(sql.delete_old[subject][index]):find(key .. " (at<?)", 1, true))
        assert.is_falsy(plan(sql.delete_old[subject][index]):find("SCAN " .. name, 1, true))
        if index > 1 then
          local finer = "SEARCH " .. sql.table_of(subject, sql.LEVELS[index - 1])
          local steps = plan(sql.fill_bucket[subject][index])
          assert.is_truthy(steps:find(finer .. " USING PRIMARY KEY (at>? AND at<?)", 1, true))
        end
      end
    end
    assert.is_truthy(plan(sql.read_events):find("USING INDEX event_at", 1, true))
    assert.is_falsy(plan(sql.read_events):find("TEMP B-TREE", 1, true))
  end)

  it("tells of both subjects what a chart has", function()
    assert.are.equal("at clients clients_max messages_per_second messages_per_second_max kbits_per_second",
      table.concat(sql.columns "channel", " "))
    assert.are.equal("at clients clients_max channels messages_per_second messages_per_second_max "
      .. "kbits_per_second load memory_used memory_total "
      .. "disk_used disk_total bytes_in_per_second bytes_out_per_second nodes",
      table.concat(sql.columns "node", " "))
  end)
end)
