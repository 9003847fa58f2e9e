local nodes = require "relay.master.nodes"

describe("relay.master.nodes", function()
  local told, forgotten, known, clock

  local function open(before)
    told, forgotten, clock = {}, {}, 100
    known = nodes.new {
      now = function() return clock end,
      tell = function(kind, node, text)
        told[#told + 1] = ("%s %s %s"):format(kind, node, text)
      end,
      forget = function(name)
        forgotten[#forgotten + 1] = name
      end,
    }
    if before then
      known:adopt(before)
    else
      known:begin(90, 80) -- awaits until 110
    end
    return known
  end

  -- A round in which these nodes answer; `alive` are those that the mesh knows.
  local function round(at, infos, alive, unasked)
    clock = at
    for name, info in pairs(infos) do
      known:answered(name, at, { is_plain = info == true, info = info ~= true and info or nil, peers = {} })
    end
    local set = {}
    for _, name in ipairs(alive) do
      set[name] = true
    end
    known:finish(at, set, unasked and {} or set)
  end

  it("says nothing of those that it finds when it starts, and who joins", function()
    open()
    round(100, { a = {}, b = { started_at = 80 } }, { "a", "b" })
    assert.are.same({}, told)
    round(105, { a = {}, b = {}, x = { started_at = 101 } }, { "a", "b", "x" })
    assert.are.same({ "joined x joined the network" }, told)
    told = {}
    known:remove "x"
    round(115, { a = {}, b = {}, c = true }, { "a", "b", "c" })
    assert.are.same({ "joined c joined the network" }, told)
    assert.are.equal(115, known.records.c.joined_at)
    assert.are.same({ "a", "b", "c" }, known:names())
  end)

  it("knows after a reload who was there", function()
    open()
    round(100, { a = {}, b = {} }, { "a", "b" })
    open(known.known)
    round(115, { a = {}, b = {}, c = {} }, { "a", "b", "c" })
    assert.are.same({ "joined c joined the network" }, told)
    assert.is_nil(known.records.b.joined_at)
    assert.are.equal(115, known.records.c.joined_at)
  end)

  it("loses a node that is silent for two rounds, and not for one", function()
    open()
    round(100, { a = {}, b = {} }, { "a", "b" })
    round(115, { a = {} }, { "a", "b" })
    assert.is_true(known:is_up "b")
    round(130, { a = {} }, { "a", "b" })
    assert.is_false(known:is_up "b")
    assert.are.same({ "left b does not answer any more" }, told)
    round(145, { a = {} }, { "a" })
    assert.are.equal(1, #told)
    assert.are.equal(100, known.records.b.seen_at)
  end)

  it("does not lose a node that was not asked", function()
    open()
    round(100, { a = {}, b = {} }, { "a", "b" })
    round(115, { a = {} }, { "a", "b" })
    round(130, { a = {} }, { "a", "b" }, true)
    assert.is_true(known:is_up "b")
  end)

  it("loses a node that is gone from the mesh at once", function()
    open()
    round(100, { a = {}, b = {} }, { "a", "b" })
    round(115, { a = {} }, { "a" })
    assert.are.same({ "left b left the network" }, told)
  end)

  it("sees a node come back, and whether it had ended", function()
    open()
    round(100, { a = {}, b = { started_at = 5 }, c = { started_at = 5 } }, { "a", "b", "c" })
    round(115, { a = {} }, { "a" })
    told = {}
    round(135.25, { a = {}, b = { started_at = 5 } }, { "a", "b" })
    round(415.5, { a = {}, c = { started_at = 390 } }, { "a", "b", "c" })
    assert.are.same({ "joined b is back after 20 s", "joined c is back after 5 min, started anew" }, told)
  end)

  it("counts from when a node was lost, and not from its last answer", function()
    open()
    round(100, { b = {} }, { "b" })
    round(115, {}, { "b" })
    round(130, {}, { "b" })
    round(145, { b = {} }, { "b" })
    assert.are.equal("joined b is back after 15 s", told[2])
    round(160, {}, {})
    round(170, { b = {} }, { "b" })
    assert.are.equal("joined b is back after 10 s", told[4])
  end)

  it("sees a reload, and a start that it did not miss", function()
    open()
    round(100, { b = { generation = 2, started_at = 5 } }, { "b" })
    round(115, { b = { generation = 3, started_at = 5 } }, { "b" })
    round(130, { b = { generation = 1, started_at = 120 } }, { "b" })
    round(145, { b = true }, { "b" })
    round(160, { b = { generation = 1, started_at = 120 } }, { "b" })
    assert.are.same({ "reloaded b generation 3 serves", "started b started anew" }, told)
    assert.is_false(known.records.b.is_plain)
  end)

  it("sees the health change, and not its reason alone", function()
    open()
    round(105, { b = { health = "good", reason = "healthy" } }, { "b" })
    round(115, { b = { health = "degraded", reason = "high latency" } }, { "b" })
    round(130, { b = { health = "degraded", reason = "no peers" } }, { "b" })
    round(145, { b = { health = "good" } }, { "b" })
    assert.are.same({
      "health b good → degraded: high latency",
      "health b degraded → good: no reason told",
    }, told)
  end)

  it("says nothing of a health while this node has just started", function()
    open() -- at 90
    local good, degraded = { health = "good" }, { health = "degraded" }
    round(100, { b = degraded, c = degraded, d = good }, { "b", "c", "d" })
    round(104, { b = good, c = degraded, d = degraded }, { "b", "c", "d" })
    assert.are.same({}, told)
    assert.are.equal("degraded", known.records.d.health)
    round(105, { b = good, c = good, d = degraded }, { "b", "c", "d" })
    assert.are.same({ "health d good → degraded: no reason told" }, told)
  end)

  it("says nothing of the health of a node that has just started, unless it stays", function()
    local function look(at, health, uptime)
      round(at, { b = { health = health, uptime_seconds = uptime } }, { "b" })
    end
    open()
    look(120, "good", 500)
    look(123, "degraded", 3)
    look(126, "good", 6)
    look(129, "degraded", 9)
    look(134.9, "degraded", 14.9)
    assert.is_nil(told[2])
    look(135, "degraded", 15)
    assert.are.same({ "joined b joined the network", "health b good → degraded: no reason told" }, told)
  end)

  describe("that the history knows", function()
    it("were there before this start, and join nothing", function()
      open()
      round(95, { a = {} }, { "a" })
      known:restore {
        { name = "a", joined_at = 7, seen_at = 90 }, { name = "b", joined_at = 8, seen_at = 90 },
      }
      assert.is_nil(known.records.b)
      round(100, { a = {}, b = { started_at = 95 }, c = {} }, { "a", "b", "c" })
      round(115, { a = {}, b = {}, c = {} }, { "a", "b", "c" })
      assert.are.same({}, told)
      assert.are.same({ 7, 8 }, { known.records.a.joined_at, known.records.b.joined_at })
      assert.is_nil(known.records.c.joined_at)
      assert.are.equal(3, known.count)
    end)

    it("are lost when they do not come", function()
      open()
      known:restore {
        { name = "b", joined_at = 8, seen_at = 60 }, { name = "c", joined_at = 8, seen_at = 60 },
      }
      round(109, { a = {} }, { "a" })
      assert.are.same({ "a" }, known:names())
      round(110, { a = {} }, { "a", "b" })
      table.sort(told)
      assert.are.same({
        "left b left while the master was away", "left c left while the master was away",
      }, told)
      local record = known.records.b
      assert.are.same({ "lost", 8, 60 }, { record.state, record.joined_at, record.seen_at })
      round(115, { a = {}, b = { health = "good" } }, { "a", "b" })
      assert.are.equal("joined b is back after 5 s", told[3])
      assert.are.same({ "up", 115, 8 }, { record.state, record.seen_at, record.joined_at })
    end)

    it("are lost at once when they had left, for a day after their last answer", function()
      open()
      known:restore { { name = "b", joined_at = 8, seen_at = 60, left_at = 70 } }
      assert.are.same({ "lost", 60 }, { known.records.b.state, known.records.b.seen_at })
      round(115, { a = {} }, { "a" })
      round(86460, { a = {} }, { "a" })
      assert.is_table(known.records.b)
      round(86461, { a = {} }, { "a" })
      assert.is_nil(known.records.b)
      assert.are.same({ "joined a joined the network" }, told)
    end)

    it("are back when they had left and are there", function()
      open()
      round(95, { a = {}, b = {} }, { "a", "b" })
      known:restore {
        { name = "b", joined_at = 8, seen_at = 60, left_at = 70 },
        { name = "c", joined_at = 8, seen_at = 60, left_at = 70 },
        { name = "long-ago", left_at = -1e6 }, { name = "for-ever", left_at = -1e6 },
      }
      round(100, { a = {}, b = {}, c = {}, ["long-ago"] = {} }, { "a", "b", "c", "long-ago" })
      table.sort(told)
      assert.are.same({
        "joined b is back after 25 s", "joined c is back after 30 s", "joined long-ago is back after 277 h",
      }, told)
      round(115, {}, { "a", "b", "c", "long-ago" })
      assert.is_nil(known.records["for-ever"])
      assert.are.same({}, known.known.awaited)
    end)

    it("are awaited still after a reload", function()
      open()
      known:restore {
        { name = "b", joined_at = 8, seen_at = 60 }, { name = "c", joined_at = 8, seen_at = 60 },
      }
      open(known.known)
      round(100, { b = {} }, { "b" })
      round(110, { b = {} }, { "b" })
      assert.are.same({ "left c left while the master was away" }, told)
      assert.are.equal(8, known.records.b.joined_at)
    end)

    it("are 4,096 at most, too", function()
      open()
      local list = {}
      for number = 1, 4100 do
        list[number] = { name = "n" .. number, seen_at = 50, left_at = number }
      end
      known:restore(list)
      assert.are.equal(4096, known.count)
    end)
  end)

  it("sees a node begin to drain, and not one that did before", function()
    open()
    round(100, { b = { draining = false }, c = { draining = true } }, { "b", "c" })
    round(115, { b = { draining = true }, c = { draining = true } }, { "b", "c" })
    round(130, { b = { draining = true }, c = { draining = true } }, { "b", "c" })
    assert.are.same({ "draining b drains: its clients are sent away" }, told)
  end)

  describe("of counters", function()
    local function look(at, counters, started_at)
      round(at, { b = { process = counters, started_at = started_at, uptime_seconds = 999 } }, { "b" })
    end

    it("sees refused reloads, each round by itself", function()
      open()
      look(100, { reloads_refused = 3 })
      look(103, { reloads_refused = 4 })
      look(106, { reloads_refused = 4 })
      look(109, { reloads_refused = 6 })
      assert.are.same({
        "refused b refused a reload; its log says why", "refused b refused 2 reloads; its log says why",
      }, told)
    end)

    it("sees trouble at once, and then once a minute with all that came since", function()
      open()
      look(100, { slow_clients = 3 })
      assert.are.same({}, told)
      look(103, { slow_clients = 4 })
      look(106, { slow_clients = 6 })
      look(162, { slow_clients = 7 })
      assert.are.same({ "trouble b closed a slow client" }, told)
      look(163, { slow_clients = 7 })
      assert.are.equal("trouble b closed 3 slow clients", told[2])
      look(300, { slow_clients = 7 })
      assert.are.equal(2, #told)
    end)

    it("sees what a node counted since it started anew, and over a reload of the master", function()
      open()
      look(100, { slow_clients = 3, reloads_refused = 2 }, 5)
      look(115, { slow_clients = 2, reloads_refused = 1 }, 101)
      assert.are.same({
        "started b started anew", "refused b refused a reload; its log says why",
        "trouble b closed 2 slow clients",
      }, told)
      open(known.known)
      look(130, { slow_clients = 9, reloads_refused = 1 }, 101)
      assert.are.same({}, told)
      look(175, { slow_clients = 9, reloads_refused = 1 }, 101)
      assert.are.same({ "trouble b closed 7 slow clients" }, told)
    end)

    it("says nothing of a node that tells none", function()
      open()
      look(100, nil)
      look(115, { slow_clients = 9 })
      look(130, nil)
      look(145, { slow_clients = 9 })
      assert.are.same({}, told)
    end)
  end)

  it("forgets a lost node after a day", function()
    open()
    round(100, { a = {}, b = {} }, { "a", "b" })
    round(115, { a = {} }, { "a" })
    round(86500, { a = {} }, { "a" })
    assert.is_table(known.records.b)
    round(86515, { a = {} }, { "a" })
    assert.is_nil(known.records.b)
    assert.is_nil(known.told.b)
    assert.are.same({ "b" }, forgotten)
  end)

  it("knows 4,096 at most, and forgets the one that was lost first", function()
    open()
    local infos, alive = {}, {}
    for number = 1, 4096 do
      infos["n" .. number], alive[number] = {}, "n" .. number
    end
    round(100, infos, alive)
    assert.is_false(known:answered("more", 115, { peers = {} }))
    infos.n7, infos.n8 = nil, nil
    round(115, infos, alive)
    infos.n8 = {}
    round(130, infos, alive)
    assert.is_true(known:answered("more", 145, { peers = {} }))
    assert.is_nil(known.records.n7)
    assert.is_false(known:answered("even-more", 145, { peers = {} }))
  end)
end)
