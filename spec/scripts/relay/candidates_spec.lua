local candidates = require "relay.candidates"

local function collect(given)
  local facts = { me = "me", peers = {}, nodes = {}, lists = {}, random = function() return 0.5 end }
  for key, value in pairs(given) do
    facts[key] = value
  end
  return candidates.collect(facts)
end

local function named(list, name)
  for _, candidate in ipairs(list) do
    if candidate.name == name then
      return candidate
    end
  end
end

-- A linked candidate that could be spared, but for what is given.
local function linked(name, given)
  local candidate = { name = name, linked = true, dialled = true, configured = false, ring = false }
  candidate.degree, candidate.latency_ms = 5, 1
  for key, value in pairs(given or {}) do
    candidate[key] = value
  end
  return candidate
end

describe("relay.candidates", function()
  it("joins peers, nodes and the peers' lists", function()
    local list = collect {
      peers = { { name = "b", latency_ms = 4, is_configured = true } },
      nodes = { { name = "b", distance_ms = 9 }, { name = "c", distance_ms = 10 } },
      lists = { b = { "me", "c", "d" } },
    }
    assert.are.equal(3, #list)
    local b, c, d = named(list, "b"), named(list, "c"), named(list, "d")
    assert.is_true(b.linked and b.configured)
    assert.are.same({ 4, 3 }, { b.latency_ms, b.degree })
    assert.are.same({ false, 20, "b" }, { c.linked, c.latency_ms, c.via })
    assert.are.same({ "b", 0.5 }, { d.via, d.random })
    assert.is_nil(d.latency_ms)
  end)

  it("marks the two neighbours in the ring", function()
    local nodes = {}
    for index = 1, 9 do
      nodes[index] = { name = "n" .. index }
    end
    local count = 0
    for _, candidate in ipairs(collect { nodes = nodes }) do
      count = count + (candidate.ring and 1 or 0)
    end
    assert.are.equal(2, count)
  end)

  it("dials the chosen ones that are no peers, in the order of the choice, each once", function()
    local list = { linked "a", { name = "b", linked = false }, { name = "c", linked = false } }
    local missing = candidates.to_dial(list, { "c", "a", "b", "c", "nobody" })
    assert.are.same({ "c", "b" }, { missing[1].name, missing[2].name })
    assert.are.equal(2, #missing)
  end)

  describe("drops", function()
    local new = { name = "new", linked = false }

    it("the slowest that was not chosen when a chosen one waits for a place", function()
      local list = { linked("a", { latency_ms = 5 }), linked("b", { latency_ms = 50 }), linked "c", new }
      assert.are.equal("b", candidates.to_drop(list, { "c", "new" }, 3, true).name)
    end)

    it("nobody while there is room, or nobody waits", function()
      local list = { linked "a", linked "b", new }
      assert.is_nil(candidates.to_drop(list, { "new" }, 3, true))
      assert.is_nil(candidates.to_drop({ linked "a", linked "b" }, { "a" }, 2, false))
    end)

    it("one when there are too many", function()
      assert.are.equal("b", candidates.to_drop({ linked "a", linked "b" }, { "a" }, 1, false).name)
    end)

    -- a configured peer, one that dialled, a neighbour in the ring, one that would keep fewer than 3
    it("never one that has to stay", function()
      local GIVEN = { { configured = true }, { dialled = false }, { ring = true }, { degree = 3 } }
      for _, given in ipairs(GIVEN) do
        assert.is_nil(candidates.to_drop({ linked("a", given), new }, { "new" }, 1, true))
      end
      local unknown = linked "a"
      unknown.degree = nil
      assert.is_nil(candidates.to_drop({ unknown, new }, { "new" }, 1, true))
      local spare = linked("a", { degree = 4 })
      assert.are.equal("a", candidates.to_drop({ spare, new }, { "new" }, 1, true).name)
    end)
  end)
end)
