local bench = require "spec.support.history_bench"

local T = bench.MIDNIGHT
local HOUR, DAY = 3600, 86400

describe("master.history_room", function()
  local history, store

  setup(bench.install)
  teardown(bench.forget)

  after_each(function()
    store:close()
  end)

  local function open(bytes)
    history, store = bench.open(nil, bytes)
  end

  local function add(at, clients)
    assert(history:add(at, {
      nodes = { { name = "node-a", clients = clients or 1 } }, channels = { { name = "lobby", clients = 1 } },
    }))
  end

  -- How many rows each table has, and how old the oldest is at `now`.
  local function ages(now)
    local found = {}
    for _, level in ipairs(bench.sql.LEVELS) do
      for _, subject in ipairs(bench.sql.SUBJECTS) do
        local name = bench.sql.table_of(subject, level)
        local oldest = store:value("SELECT min(at) FROM " .. name)
        found[name] = oldest and now - oldest or nil
      end
    end
    return found
  end

  describe("time", function()
    it("is two hours, two days, two months and five years", function()
      open()
      local now = T + 2000 * DAY
      for _, before in ipairs { 1990 * DAY, 1829 * DAY, 300 * DAY, 60 * DAY, 47 * HOUR, HOUR } do
        add(now - before)
      end
      add(now)
      local found = ages(now)
      assert.are.equal(HOUR, found.node_15s)
      assert.are.equal(47 * HOUR, found.node_1m)
      assert.are.equal(60 * DAY, found.node_1h)
      assert.are.equal(1829 * DAY, found.node_1d)
      assert.are.equal(HOUR, found.channel_15s)
      assert.are.equal(1829 * DAY, found.channel_1d)
    end)

    it("comes in pieces: what a long rest left goes with the next samples", function()
      open()
      assert(store:run { { "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c LIMIT 12000) "
        .. "INSERT INTO node_15s (at, id) SELECT i, 1 FROM c" } })
      local left = {}
      for number = 1, 3 do
        add(T + 15 * number)
        left[number] = store:value "SELECT count(*) FROM node_15s WHERE at < 20000"
      end
      assert.are.same({ 7000, 2000, 0 }, left)
    end)

    it("takes names along of which nothing is left", function()
      open()
      assert(history:add(T, { nodes = { { name = "node-a" } }, channels = { { name = "gone" } } }))
      add(T + DAY)
      assert.are.same({ { "gone" }, { "lobby" } }, store:rows "SELECT name FROM channel ORDER BY name")
      add(T + 1900 * DAY)
      assert.are.same({ { "lobby" } }, store:rows "SELECT name FROM channel")
      assert.are.same({ { "" }, { "node-a" } }, store:rows "SELECT name FROM node ORDER BY name")
    end)

    it("looks for such names once an hour", function()
      open()
      add(T)
      local looked = store.jobs
      add(T + 15)
      assert.are.equal(looked + 1, store.jobs)
      add(T + HOUR)
      assert.are.equal(looked + 3, store.jobs)
    end)
  end)

  -- Fills a table with channels of one second each, the oldest at `from`.
  local function fill(name, from, count)
    local columns = name == "channel_15s" and "at, id, clients" or "at, id, samples, clients"
    local values = name == "channel_15s" and "?1 + i, i, 0.1" or "?1 + i, i, 1, 0.1"
    assert(store:run { { ("WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c LIMIT ?2) "
      .. "INSERT INTO %s (%s) SELECT %s FROM c"):format(name, columns, values), from, count } })
  end

  local function count(name)
    return store:value("SELECT count(*) FROM " .. name)
  end

  local function size()
    return bench.room.size(assert(store:run(bench.sql.sizes)), 1)
  end

  describe("bytes", function()
    it("are left alone while there is room", function()
      open(1 << 20)
      fill("channel_1m", T, 1000)
      add(T + 1000)
      assert.are.equal(1001, count "channel_1m")
    end)

    it("are made room for with the oldest fine rows, in pieces", function()
      open(1 << 20)
      fill("channel_1m", T, 15000)
      fill("channel_1h", T - DAY, 15000)
      local now = T + 30 * HOUR
      add(now)
      assert.is_true(size().used <= 0.9 * (1 << 20))
      assert.is_true(count "channel_1m" < 15000)
      assert.are.equal(15002, count "channel_1h" + count "channel_1d")
      assert.is_true(store:value "SELECT min(at) FROM channel_1m" > T)
    end)

    it("take from charts last of all, and then from the finest", function()
      open(1 << 20)
      local now = T + 40 * DAY
      fill("channel_1m", now - 20 * HOUR, 8000)
      fill("channel_1h", now - 30 * DAY, 8000)
      fill("channel_1d", now - 300 * DAY, 13000)
      add(now)
      assert.is_true(size().used <= 0.9 * (1 << 20))
      assert.is_true(count "channel_1m" < 8000)
      assert.are.equal(8001, count "channel_1h")
      assert.are.equal(13001, count "channel_1d")
    end)

    it("never take what the unfinished buckets are made of", function()
      open(1 << 20)
      local now = T + 12 * HOUR
      assert(store:run { { "CREATE TABLE ballast AS SELECT zeroblob(880000) AS a" } })
      for back = 10, 0, -1 do
        add(now - back * 60, 10 - back)
      end
      assert.are.equal(10.0, store:value "SELECT max(clients) FROM node_15s WHERE id > 0")
      assert.are.equal(11, store:value "SELECT count(*) FROM node_1m WHERE id > 0")
      assert.are.same({ { 11, 5.0 } }, store:rows "SELECT samples, clients FROM node_1d WHERE id > 0")
    end)

    it("that are full let a sample in when old rows can go", function()
      open(1 << 20)
      fill("channel_1m", T, 20000)
      for _, bytes in ipairs { 100000, 3000, 10 } do
        while store:run { { "INSERT INTO event (at, kind, text) VALUES (0, '', zeroblob(?))", bytes } } do
          assert.is_true(size().file <= 1 << 20)
        end
      end
      local channels = {}
      for number = 1, 100 do
        channels[number] = { name = ("channel-%d-"):format(number) .. ("x"):rep(200), clients = 1 }
      end
      assert.is_true(history:add(T + 3 * DAY, { nodes = { { name = "node-a" } }, channels = channels }))
      assert.is_true(size().file <= 1 << 20)
    end)

    it("that became fewer are given back in pieces", function()
      open(4 << 20)
      fill("channel_1m", T, 100000)
      history.bytes = 1 << 20
      local now, sizes = T + 3 * DAY, {}
      for number = 1, 20 do
        add(now + 15 * number)
        sizes[number] = size().file
      end
      assert.is_true(sizes[1] < 4 << 20)
      assert.is_true(sizes[20] <= 1 << 20)
      assert.are.equal("ok", store:value "PRAGMA integrity_check")
    end)
  end)
end)
