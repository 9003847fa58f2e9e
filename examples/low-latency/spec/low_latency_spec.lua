local peer_selection = require "policies.peer_selection"

-- Candidates by "name latency [word …]".
local function choose(texts, pool)
  local candidates = {}
  for index, text in ipairs(texts) do
    local name, latency, words = text:match "^(%S+) (%S+)(.*)$"
    candidates[index] = { name = name, latency_ms = tonumber(latency) }
    for word in words:gmatch "%a+" do
      candidates[index][word] = true
    end
  end
  return peer_selection.choose(candidates, pool, { stays = 0.8 })
end

describe("low-latency", function()
  it("takes the nearest, as many as there is room for", function()
    assert.are.same({ "near", "next" }, choose({ "far 90", "next 20", "near 10", "unknown ?" }, 2))
  end)

  it("takes main.lua's peers and the ring first, however far they are", function()
    local names = choose({ "near 10", "mine 90 configured", "beside 80 ring", "next 20" }, 3)
    assert.are.same({ "beside", "mine", "near" }, names)
  end)

  it("leaves a link that stands for one that is clearly nearer alone", function()
    assert.are.same({ "held" }, choose({ "held 20 linked", "other 17" }, 1))
    assert.are.same({ "other" }, choose({ "held 20 linked", "other 15" }, 1))
  end)

  it("names all when there are fewer than its room", function()
    assert.are.same({ "a", "b" }, choose({ "b 1", "a 1" }, 4))
    assert.are.same({}, choose({}, 4))
  end)
end)

describe("low-latency, in a network", function()
  it("keeps all nodes together", function()
    local net = require("relay.testkit").network { "a", "b", "c", "d", "e" }
    assert.is_true(net:settle(120))
    assert.are.same({ "b", "c", "d", "e" }, net:nodes "a")
    net:close()
  end)
end)
