local nodes = require "relay.master.nodes"

describe("relay.master.nodes", function()
  local told, forgotten, known

  local function open(records)
    told, forgotten = {}, {}
    known = nodes.new {
      tell = function(kind, node, text)
        told[#told + 1] = ("%s %s %s"):format(kind, node, text)
      end,
      forget = function(name)
        forgotten[#forgotten + 1] = name
      end,
    }
    if records then
      known:adopt(records)
    else
      known:begin(90, 110)
    end
    return known
  end

  -- A round in which these nodes answer; `alive` are those that the mesh knows.
  local function round(at, infos, alive, unasked)
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
    open(known.records)
    round(115, { a = {}, b = {}, c = {} }, { "a", "b", "c" })
    assert.are.same({ "joined c joined the network" }, told)
    assert.are.equal(100, known.records.b.joined_at)
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
    round(400.5, { a = {}, c = { started_at = 390 } }, { "a", "b", "c" })
    assert.are.same({ "joined b is back after 35 s", "joined c is back after 5 min, started anew" }, told)
    assert.are.equal(100, known.records.c.joined_at)
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
    round(100, { b = { health = "good", reason = "healthy" } }, { "b" })
    round(115, { b = { health = "degraded", reason = "high latency" } }, { "b" })
    round(130, { b = { health = "degraded", reason = "no peers" } }, { "b" })
    round(145, { b = { health = "good" } }, { "b" })
    assert.are.same({
      "health b good → degraded: high latency",
      "health b degraded → good: no reason told",
    }, told)
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
