local drift = require "relay.master.drift"

local ONE, TWO = ("1"):rep(64), ("2"):rep(64)
local function pace() end

local function node(open, given)
  local facts = { is_plain = true, open = open, beside = {}, is_partial = false }
  for key, value in pairs(given or {}) do
    facts[key] = value
  end
  return facts
end

local function view_of(nodes)
  local view = { nodes = nodes, names = {} }
  for name in pairs(nodes) do
    view.names[#view.names + 1] = name
  end
  table.sort(view.names)
  return view
end

-- "kind node channel", in order.
local function texts_of(found)
  local texts = {}
  for _, one in pairs(found.by_key) do
    texts[#texts + 1] = table.concat({ one.kind, one.node, one.channel }, " ")
  end
  table.sort(texts)
  return texts
end

describe("relay.master.drift", function()
  describe("wanted", function()
    it("is what any node has open, or a claim holds", function()
      local view = view_of {
        a = node({ garden = ONE }, { is_plain = false }),
        p = node { garden = ONE, lobby = "" },
      }
      local claims = { { name = "garden", password = ONE, node = "a" }, { name = "held", node = "b" } }
      assert.are.same({
        garden = {
          hash = ONE, is_contested = false, on = "a", on_plain = "p", is_open_on_ours = true, owner = "a",
        },
        lobby = { hash = "", is_contested = false, on = "p", on_plain = "p", is_open_on_ours = false },
        held = { hash = "", is_contested = false, owner = "b" },
      }, drift.wanted(view, claims, pace))
    end)

    it("knows names with two passwords, be the second a claim's or none", function()
      local view = view_of { p = node { one = ONE, two = ONE, three = ONE }, q = node { one = "" } }
      local wanted = drift.wanted(view, { { name = "two", password = TWO, node = "a" } }, pace)
      assert.is_true(wanted.one.is_contested)
      assert.is_true(wanted.two.is_contested)
      assert.is_false(wanted.three.is_contested)
    end)
  end)

  it("finds what a node misses, has wrong, or has for nobody", function()
    local view = view_of { p = node { own = ONE }, q = node { lost = ONE, wrong = ONE, good = ONE } }
    local wanted, found = drift.wanted(view, {}, pace), drift.none()
    drift.add_node(found, view, wanted, "p", { wrong = TWO, good = ONE, orphan = ONE }, pace)
    assert.are.same({ "missing p lost", "orphan p orphan", "wrong p wrong" }, texts_of(found))
    assert.are.equal(3, found.seen)
  end)

  it("minds no reservation of what the node has open itself", function()
    local view = view_of { p = node { own = ONE } }
    local found = drift.none()
    drift.add_node(found, view, drift.wanted(view, {}, pace), "p", { own = TWO }, pace)
    assert.are.same({}, texts_of(found))
  end)

  it("wants of our own kind what is claimed alone", function()
    local view = view_of { a = node({}, { is_plain = false }), p = node { claimed = ONE, voted = ONE } }
    local wanted = drift.wanted(view, { { name = "claimed", password = ONE, node = "b" } }, pace)
    local found = drift.none()
    drift.add_node(found, view, wanted, "a", {}, pace)
    assert.are.same({ "missing a claimed" }, texts_of(found))
    assert.is_true(select(2, next(found.by_key)).is_ours)
  end)

  describe("claims", function()
    local function found_in(nodes, claims)
      local view, found = view_of(nodes), drift.none()
      local contested = drift.add_claims(found, view, drift.wanted(view, claims or {}, pace), pace)
      return texts_of(found), contested
    end

    it("are wanted of a node of our kind beside a plain one", function()
      local ours = node({}, { is_plain = false })
      local plain = node({ garden = ONE }, { beside = { "x", "a" } })
      assert.are.same({ "unheld a garden" }, found_in { a = ours, p = plain })
      assert.are.same({}, found_in { a = ours, p = node({ garden = ONE }, { beside = { "p" } }) })
      assert.are.same({}, found_in {
        a = node({ garden = ONE }, { is_plain = false }),
        p = node({ garden = ONE }, { beside = { "a" } }),
      })
    end)

    it("to what is open nowhere are hollow, where the owner told all", function()
      local claims = { { name = "garden", password = ONE, node = "a" } }
      assert.are.same({ "hollow a garden" }, found_in({ a = node({}, { is_plain = false }) }, claims))
      assert.are.same({}, found_in({ a = node({}, { is_plain = false, is_partial = true }) }, claims))
      assert.are.same({}, found_in({ b = node({}, { is_plain = false }) }, claims))
      assert.are.same({}, found_in({ a = node({}, { is_plain = false }), p = node { garden = ONE } }, claims))
    end)

    it("of names with two passwords are told apart", function()
      local texts, contested = found_in { p = node { b = ONE, a = ONE }, q = node { b = TWO, a = TWO } }
      assert.are.same({ {}, { "a", "b" } }, { texts, contested })
    end)
  end)

  it("keeps 10,000 and counts the others", function()
    local reserved = {}
    for number = 1, 10500 do
      reserved["orphan " .. number] = ONE
    end
    local view, found = view_of { p = node {} }, drift.none()
    drift.add_node(found, view, {}, "p", reserved, pace)
    assert.are.same({ 10000, 10500 }, { found.count, found.seen })
  end)

  it("knows a difference again by node, channel, kind and both hashes", function()
    local function orphans(reserved)
      local view, found = view_of { p = node {} }, drift.none()
      drift.add_node(found, view, {}, "p", reserved, pace)
      return found
    end
    local before = orphans { one = ONE, two = ONE, three = ONE, four = ONE }
    local again = drift.again(before.by_key, orphans { one = ONE, two = TWO, four = ONE }, 10)
    assert.are.same({ "four", "one" }, { again[1].channel, again[2].channel })
    assert.are.equal(2, #again)
    assert.are.equal(1, #drift.again(before.by_key, before, 1))
  end)

  it("leaves out what is unsure", function()
    local view, found = view_of { p = node {} }, drift.none()
    drift.add_node(found, view, {}, "p", { one = ONE, two = ONE }, pace)
    drift.leave_out(found, function(one)
      return one.channel == "one"
    end)
    assert.are.same({ "orphan p two" }, texts_of(found))
    assert.are.same({ 1, 1 }, { found.count, found.seen })
  end)
end)
