local peer_selection = dofile "policies/peer_selection.lua"

local function candidate(name, given)
  local facts = { name = name, linked = false, dialled = false, configured = false, ring = false }
  facts.random = 0.5
  for key, value in pairs(given or {}) do
    facts[key] = value
  end
  return facts
end

-- n1 is the nearest and the last by lot, n20 the farthest and the first.
local function twenty(given)
  local list = {}
  for index = 1, 20 do
    local name = "n" .. index
    local facts = candidate(name, { latency_ms = index, random = 1 - index / 100 })
    for key, value in pairs(given and given[name] or {}) do
      facts[key] = value
    end
    list[index] = facts
  end
  return list
end

local function has(names, name)
  for _, one in ipairs(names) do
    if one == name then
      return true
    end
  end
  return false
end

describe("policies/peer_selection.lua", function()
  it("holds all while there are few", function()
    assert.are.equal(3, #peer_selection.choose({ candidate "a", candidate "b", candidate "c" }, 8))
    assert.are.same({}, peer_selection.choose({}, 8))
  end)

  it("uses three quarters of the pool, but 4 at least where the pool has them", function()
    assert.are.equal(6, #peer_selection.choose(twenty(), 8))
    assert.are.equal(4, #peer_selection.choose(twenty(), 5))
    assert.are.equal(2, #peer_selection.choose(twenty(), 2))
  end)

  it("always holds the neighbours in the ring and the configured peers, and names them first", function()
    local given = { n9 = { ring = true }, n15 = { ring = true }, n17 = { configured = true } }
    local names = peer_selection.choose(twenty(given), 8)
    assert.are.same({ "n9", "n15", "n17" }, { table.unpack(names, 1, 3) })
    assert.are.equal(6, #names)
  end)

  it("takes half of the rest by nearness and half by lot", function()
    local names = peer_selection.choose(twenty { n9 = { ring = true }, n15 = { ring = true } }, 8)
    assert.are.same({ "n9", "n15", "n1", "n2", "n20", "n19" }, names)
  end)

  it("does not change a link for one that is little nearer", function()
    local function nearest(latency)
      local old = candidate("old", { linked = true, latency_ms = 10 })
      return peer_selection.choose({ old, candidate("new", { latency_ms = latency }) }, 1)[1]
    end
    assert.are.equal("old", nearest(8))
    assert.are.equal("new", nearest(6))
  end)

  it("keeps a link that was drawn once", function()
    assert.is_true(has(peer_selection.choose(twenty { n12 = { linked = true } }, 8), "n12"))
  end)

  it("answers the same for the same facts", function()
    assert.are.same(peer_selection.choose(twenty(), 8), peer_selection.choose(twenty(), 8))
  end)
end)
