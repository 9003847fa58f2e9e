local bench = require "spec.support.history_bench"
local luasql_store = require "spec.support.luasql_store"

local T = bench.MIDNIGHT

describe("master.history", function()
  local history, store

  setup(bench.install)
  teardown(bench.forget)

  before_each(function()
    history, store = bench.open()
  end)

  after_each(function()
    store:close()
  end)

  local function add(at, nodes, channels, network)
    assert(history:add(at, { nodes = nodes or {}, channels = channels or {}, network = network }))
  end

  local function chart(span, now, question)
    question = question or {}
    question.span, question.now = span, now
    return assert(history:read(question))
  end

  -- { [seconds after midnight] = clients }
  local function clients(span, now, question)
    return bench.figure(chart(span, now, question), "clients")
  end

  describe("a file", function()
    local function try(statements)
      local other = luasql_store.open()
      assert(other:run(statements))
      local opened, reason = bench.history.open { store = other, path = "/x.db" }
      other:close()
      return opened, reason
    end

    it("is made once, and opened again as it is", function()
      add(T, { { name = "node-a", clients = 5 } })
      history = assert(bench.history.open { store = store })
      assert.are.equal(1, store:value "PRAGMA user_version")
      assert.are.same({ [0] = 5.0 }, clients("hour", T, { node = "node-a" }))
    end)

    it("of a newer schema is refused", function()
      local opened, reason = try {
        { ("PRAGMA application_id = %d"):format(bench.sql.APPLICATION) }, { "PRAGMA user_version = 2" },
      }
      assert.is_nil(opened)
      assert.are.equal("history: /x.db: a newer wsrelay-engine wrote it: "
        .. "it has version 2, and this one knows 1", reason)
    end)

    it("of another program is refused, and left alone", function()
      local other = "history: /x.db: it is the database of another program"
      assert.are.equal(other, select(2, try { { "CREATE TABLE bookmarks (a)" } }))
      assert.are.equal(other, select(2, try { { "PRAGMA user_version = 1" } }))
      assert.are.equal(other, select(2, try { { "PRAGMA application_id = 5" } }))
    end)

    it("that cannot be read is refused with why", function()
      store.fails = "database disk image is malformed"
      local opened, reason = bench.history.open { store = store, path = "/x.db" }
      assert.is_nil(opened)
      assert.are.equal("history: /x.db: database disk image is malformed", reason)
    end)

    it("is asked of the engine, with its bound", function()
      package.loaded["relay.engine"].store = function(path, options)
        assert.are.same({ "/x.db", 1000000 }, { path, options.bytes })
        return nil, "no store here"
      end
      assert.are.same({ nil, "history: /x.db: no store here" },
        { bench.history.open { path = "/x.db", bytes = 1000000 } })
    end)
  end)

  describe("a sample", function()
    it("is every figure that a node told, and no other", function()
      add(T, {
        { name = "node-a", clients = 5, messages_per_second = 0.5, load = 0.25, disk_used = 1 << 40 },
      })
      assert.are.same({ {
        at = T, clients = 5.0, clients_max = 5.0, messages_per_second = 0.5, messages_per_second_max = 0.5,
        load = 0.25, disk_used = 2.0 ^ 40, nodes = 1.0,
      } }, bench.records(chart("hour", T, { node = "node-a" })))
    end)

    it("is told whole, with null for what is not known", function()
      add(T, { { name = "node-a", clients = 5 } })
      local told = chart("hour", T, { node = "node-a" })
      assert.are.equal(#told.columns, #told.rows[1])
      assert.are.equal(bench.null, told.rows[1][#told.columns - 1])
    end)

    it("takes nothing that is no figure", function()
      add(T, {
        { name = "node-a", clients = bench.null, load = "much", channels = 0 / 0, disk_used = math.huge,
          memory_used = 7 },
        { name = "", clients = 1 }, { clients = 1 }, { name = 5 }, { name = ("n"):rep(257) },
      })
      assert.are.same({ { at = T, memory_used = 7.0, nodes = 1.0 } },
        bench.records(chart("hour", T, { node = "node-a" })))
      assert.are.equal(2, store:value "SELECT count(*) FROM node") -- and the network
    end)

    it("of the same 15 seconds takes the place of the one before", function()
      add(T, { { name = "node-a", clients = 5 } })
      add(T + 14.9, { { name = "node-a", clients = 7 } })
      assert.are.same({ [0] = 7.0 }, clients("hour", T, { node = "node-a" }))
      assert.are.equal(1, store:value "SELECT samples FROM node_1d WHERE id > 0")
    end)

    it("that fails leaves nothing behind, and says why", function()
      store.fails = "the disk is full"
      assert.are.same({ nil, "the disk is full" }, { history:add(T, { nodes = { { name = "node-a" } } }) })
      assert.are.equal(0, store:value "SELECT count(*) FROM node_15s")
    end)

    it("keeps 100 channels, those named first", function()
      local channels = {}
      for number = 1, 120 do
        channels[number] = { name = "channel-" .. number, clients = number }
      end
      add(T, {}, channels)
      assert.are.equal(100, store:value "SELECT count(*) FROM channel_15s")
      assert.are.same({}, chart("hour", T, { channel = "channel-101" }).rows)
    end)
  end)

  describe("a bucket", function()
    it("has average, maximum and count of its samples, on every level", function()
      for minute = 0, 119 do
        add(T + minute * 60, { { name = "node-a", clients = minute, messages_per_second = 2 * minute } })
      end
      local now = T + 119 * 60
      local hours = bench.records(chart("month", now, { node = "node-a" }))
      assert.are.same({ 29.5, 59.0 }, { hours[1].clients, hours[1].clients_max })
      assert.are.same({ 59.0, 118.0 }, { hours[1].messages_per_second, hours[1].messages_per_second_max })
      assert.are.same({ 89.5, 119.0 }, { hours[2].clients, hours[2].clients_max })
      assert.are.same({ { 120, 59.5, 119.0 } },
        store:rows "SELECT samples, clients, clients_max FROM node_1d WHERE id > 0")
    end)

    it("weighs finer ones by their samples", function()
      for number = 0, 3 do
        add(T + number * 15, { { name = "node-a", clients = 10 } })
      end
      add(T + 60, { { name = "node-a", clients = 20 } })
      assert.are.same({ [0] = 12.0 }, clients("month", T + 60, { node = "node-a" }))
    end)

    it("does not count as zero what was not told", function()
      add(T, { { name = "node-a", load = 0.5 } })
      add(T + 15, { { name = "node-a" } })
      add(T + 60, { { name = "node-a" } })
      assert.are.same({ [0] = 0.5 }, bench.figure(chart("day", T + 60, { node = "node-a" }), "load"))
      assert.are.same({ [0] = 0.5 }, bench.figure(chart("month", T + 60, { node = "node-a" }), "load"))
    end)

    it("is a gap where a node did not answer", function()
      add(T, { { name = "node-a", clients = 1 } })
      add(T + 15, {})
      add(T + 30, { { name = "node-a", clients = 3 } })
      assert.are.same({ [0] = 1.0, [30] = 3.0 }, clients("hour", T + 30, { node = "node-a" }))
      assert.are.same({ [0] = 2.0 }, clients("day", T + 30, { node = "node-a" }))
    end)

    it("is the same however often it is made", function()
      for _ = 1, 3 do
        add(T, { { name = "node-a", clients = 4 } }, { { name = "lobby", clients = 2 } })
        add(T + 15, { { name = "node-a", clients = 8 } }, { { name = "lobby", clients = 4 } })
      end
      assert.are.same({ { 2, 6.0, 8.0 } },
        store:rows "SELECT samples, clients, clients_max FROM node_1h WHERE id > 0")
      assert.are.same({ { 2, 3.0, 4.0 } }, store:rows "SELECT samples, clients, clients_max FROM channel_1d")
    end)

    it("needs no catching up after hours in which the node was off", function()
      add(T, { { name = "node-a", clients = 4 } })
      history = assert(bench.history.open { store = store })
      add(T + 5 * 3600, { { name = "node-a", clients = 8 } })
      assert.are.same({ [0] = 4.0, [5 * 3600] = 8.0 },
        clients("month", T + 5 * 3600, { node = "node-a" }))
      assert.are.same({ { 2, 6.0 } }, store:rows "SELECT samples, clients FROM node_1d WHERE id > 0")
    end)

    it("keeps the busiest 100 channels of all that were in it", function()
      for sample = 0, 3 do
        local channels = { { name = "steady", messages_per_second = 10 } }
        for number = 1, 99 do
          local name = ("passing-%d-%d"):format(sample, number)
          table.insert(channels, { name = name, messages_per_second = 20 })
        end
        add(T + sample * 15, {}, channels)
      end
      assert.are.equal(400, store:value "SELECT count(*) FROM channel_15s")
      assert.are.equal(100, store:value "SELECT count(*) FROM channel_1m")
      assert.are.equal(100, store:value "SELECT count(*) FROM channel_1d")
      local steady = chart("day", T, { channel = "steady" })
      assert.are.same({ [0] = 10.0 }, bench.figure(steady, "messages_per_second"))
    end)
  end)

  describe("the nodes that there were", function()
    local function nodes(at)
      local list = assert(history:nodes(at))
      table.sort(list, function(a, b) return a.name < b.name end)
      return list
    end

    local function event(at, kind, node)
      assert(history:add_event { at = at, kind = kind, node = node, text = "x" })
    end

    it("are those with samples of the last day, with the first and the last", function()
      add(T + 7000, { { name = "node-b" } })
      add(T + 10000, { { name = "node-a" }, { name = "node-b" } })
      add(T + 10035, { { name = "node-b" } })
      assert.are.same({
        { name = "node-a", joined_at = T + 9990, seen_at = T + 9990 },
        { name = "node-b", joined_at = T + 6990, seen_at = T + 10035 },
      }, nodes(T + 10040))
      assert.are.same({ "node-b" }, { nodes(T + 10035 + 86400)[1].name })
      assert.are.same({}, nodes(T + 10036 + 86400))
    end)

    it("are known as exactly as the level that is left", function()
      add(T + 100, { { name = "node-a" } })
      add(T + 3 * 86400 + 7000, { { name = "node-a" } })
      assert.are.same({ { name = "node-a", joined_at = T, seen_at = T + 3 * 86400 + 6990 } },
        nodes(T + 3 * 86400 + 7000))
      add(T + 3 * 86400 + 7000 + 3 * 3600, {})
      assert.are.same(T + 3 * 86400 + 6960, nodes(T + 3 * 86400 + 7000 + 3 * 3600)[1].seen_at)
    end)

    it("have left when nothing later says that they came back", function()
      add(T, { { name = "node-a" }, { name = "node-b" } })
      event(T + 1, "left", "node-a")
      event(T + 2, "left", "node-b")
      event(T + 3, "joined", "node-b")
      event(T + 4, "health", "node-a")
      event(T - 9e6, "left", "node-c")
      event(T + 5, "left")
      assert.are.same({
        { name = "node-a", joined_at = T, seen_at = T, left_at = T + 1 },
        { name = "node-b", joined_at = T, seen_at = T },
        { name = "node-c", left_at = T - 9e6 },
      }, nodes(T + 10))
    end)

    it("are not told when the file cannot be read", function()
      store.fails = "the disk is broken"
      assert.are.same({ nil, "the disk is broken" }, { history:nodes(T) })
    end)
  end)

  describe("a clock that goes back", function()
    it("doubles nothing", function()
      for number = 0, 7 do
        add(T + number * 15, { { name = "node-a", clients = 2 } })
      end
      add(T + 30, { { name = "node-a", clients = 6 } })
      assert.are.same({ { 8, 2.5, 6.0 } },
        store:rows "SELECT samples, clients, clients_max FROM node_1d WHERE id > 0")
    end)

    it("does not make a bucket poorer whose samples are gone", function()
      for number = 0, 3 do
        add(T + number * 15, { { name = "node-a", clients = 2 } })
      end
      add(T + 4 * 3600, { { name = "node-a", clients = 2 } })
      assert.are.equal(2, store:value "SELECT count(*) FROM node_15s") -- node and network
      add(T, { { name = "node-a", clients = 100 } })
      assert.are.same({ { 4, 2.0 } },
        store:rows("SELECT samples, clients FROM node_1m WHERE id > 0 AND at = ?", T))
    end)

    it("deletes nothing, from however far it comes back", function()
      add(T, { { name = "node-a", clients = 2 } })
      add(0, { { name = "node-a", clients = 3 } })
      add(-100, { { name = "node-a", clients = 3 } })
      add(T + 15, { { name = "node-a", clients = 4 } })
      assert.are.same({ [0] = 2.0, [15] = 4.0 }, clients("hour", T + 15, { node = "node-a" }))
    end)
  end)

  describe("the whole network", function()
    it("is the sum of what answered, and how many did", function()
      add(T, { { name = "node-a", clients = 5, load = 1 }, { name = "node-b", clients = 7 } })
      add(T + 15, { { name = "node-a", clients = 6 } })
      add(T + 30, {})
      assert.are.same({
        { at = T, clients = 12.0, clients_max = 12.0, load = 1.0, nodes = 2.0 },
        { at = T + 15, clients = 6.0, clients_max = 6.0, nodes = 1.0 },
      }, bench.records(chart("hour", T + 30)))
    end)

    it("has the average of the hosts' load", function()
      add(T, { { name = "node-a", load = 1 }, { name = "node-b", load = 4 }, { name = "node-c" } })
      assert.are.same({ [0] = 2.5 }, bench.figure(chart("hour", T), "load"))
    end)

    it("has maxima of the sums, not sums of the maxima", function()
      add(T, { { name = "node-a", clients = 10 }, { name = "node-b", clients = 0 } })
      add(T + 15, { { name = "node-a", clients = 0 }, { name = "node-b", clients = 10 } })
      local minute = bench.records(chart("day", T + 15))[1]
      assert.are.same({ 10.0, 10.0, 2.0 }, { minute.clients, minute.clients_max, minute.nodes })
    end)

    it("has as many channels as who counts them says", function()
      add(T, { { name = "node-a", channels = 3 }, { name = "node-b", channels = 3 } }, {}, { channels = 4 })
      add(T + 15, { { name = "node-a", channels = 3 }, { name = "node-b", channels = 3 } })
      assert.are.same({ [0] = 4.0, [15] = 6.0 }, bench.figure(chart("hour", T + 15), "channels"))
    end)

    it("has as many messages as who counts each once says", function()
      local nodes = {
        { name = "node-a", messages_per_second = 3, kbits_per_second = 1 },
        { name = "node-b", messages_per_second = 3, kbits_per_second = 1 },
      }
      add(T, nodes, {}, { messages_per_second = 3, kbits_per_second = 1 })
      add(T + 15, nodes)
      local told = chart("hour", T + 15)
      assert.are.same({ [0] = 3.0, [15] = 6.0 }, bench.figure(told, "messages_per_second"))
      assert.are.same({ [0] = 1.0, [15] = 2.0 }, bench.figure(told, "kbits_per_second"))
    end)
  end)

  describe("a chart", function()
    local SHAPES = {
      { span = "hour", step = 15, steps = 240 }, { span = "day", step = 60, steps = 1440 },
      { span = "month", step = 3600, steps = 744 },
    }
    for _, shape in ipairs(SHAPES) do
      it("of a " .. shape.span .. " has " .. shape.steps .. " steps", function()
        local told = chart(shape.span, T + 100.5)
        assert.are.equal(shape.step, told.step_seconds)
        assert.are.equal(T + 100 - (T + 100) % shape.step, told.to)
        assert.are.equal(shape.steps - 1, (told.to - told.from) // told.step_seconds)
        assert.are.same({}, told.rows)
      end)
    end

    it("begins and ends where it says", function()
      for number = 0, 250 do
        add(T + number * 15, { { name = "node-a", clients = number } })
      end
      local told = chart("hour", T + 245 * 15, { node = "node-a" })
      assert.are.equal(240, #told.rows)
      assert.are.same({ told.from, told.to }, { told.rows[1][1], told.rows[240][1] })
    end)

    it("of a channel has its figures", function()
      add(T, {}, { { name = "lobby", clients = 2, messages_per_second = 1, kbits_per_second = 8 } })
      local told = chart("hour", T, { channel = "lobby" })
      assert.are.same({ "at", "clients", "clients_max", "messages_per_second", "messages_per_second_max",
        "kbits_per_second" }, told.columns)
      assert.are.same({ { T, 2.0, 2.0, 1.0, 1.0, 8.0 } }, told.rows)
    end)

    it("of a name that is not known has no rows", function()
      add(T, { { name = "node-a" } }, { { name = "lobby" } })
      assert.are.same({}, chart("hour", T, { node = "lobby" }).rows)
      assert.are.same({}, chart("hour", T, { channel = "it's" }).rows)
    end)

    it("needs a span that there is, and one subject", function()
      assert.are.same({ nil, "span is hour, day or month" }, { history:read { span = "week" } })
      assert.are.same({ nil, "either a node or a channel" },
        { history:read { span = "hour", node = "node-a", channel = "lobby" } })
      store.fails = "busy"
      assert.are.same({ nil, "busy" }, { history:read { span = "hour" } })
    end)
  end)

  describe("events", function()
    local function remember(at, text, node)
      assert.is_true(history:add_event { at = at, kind = "joined", node = node, text = text })
    end

    local function texts(options)
      local found = {}
      for index, event in ipairs(assert(history:events(options))) do
        found[index] = event.text
      end
      return found
    end

    it("come newest first, as they were", function()
      remember(T, "first", "node-b")
      remember(T + 0.5, "second")
      assert.are.same({
        { at = T + 0.5, kind = "joined", node = bench.null, text = "second" },
        { at = T + 0.0, kind = "joined", node = "node-b", text = "first" },
      }, history:events())
    end)

    it("come in pages that miss none of the same time", function()
      for number = 1, 3 do
        remember(T, "same-" .. number)
      end
      remember(T + 1, "newer")
      assert.are.same({ "newer", "same-3", "same-2", "same-1" }, texts { limit = 2 })
      assert.are.same({ "newer" }, texts { limit = 1 })
      assert.are.same({ "same-3", "same-2", "same-1" }, texts { limit = 1, before = T + 1 })
      assert.are.same({}, texts { before = T })
    end)

    it("are kept, the newest 10000", function()
      assert(store:run { { "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c LIMIT 10000) "
        .. "INSERT INTO event (at, kind, text) SELECT i, 'old', i FROM c" } })
      remember(T, "new")
      assert.are.equal(10000, store:value "SELECT count(*) FROM event")
      assert.are.equal(2, store:value "SELECT min(id) FROM event")
    end)

    it("have no text without an end", function()
      remember(T, ("é"):rep(600))
      local text = texts()[1]
      assert.are.equal(1003, #text)
      assert.is_truthy(utf8.len(text))
      remember(T, "x" .. ("é"):rep(600))
      assert.are.equal(1002, #texts()[1])
    end)

    it("say why they are not kept or told", function()
      store.fails = "busy"
      assert.are.same({ nil, "busy" }, { history:add_event { at = T, kind = "left", text = "" } })
      store.fails = "busy"
      assert.are.same({ nil, "busy" }, { history:events() })
    end)
  end)
end)
