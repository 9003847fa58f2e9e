local ring = require "relay.ring"

local function keys(set)
  local names = {}
  for name in pairs(set) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

describe("relay.ring", function()
  it("is the same wherever it is computed", function()
    assert.are.equal(ring.hash "node-a", ring.hash "node-a")
    assert.are_not.equal(ring.hash "node-a", ring.hash "node-b")
    assert.is_true(ring.hash "x" >= 0 and ring.hash "x" <= 0xffffffff)
  end)

  it("gives two neighbours, who say the same of this node", function()
    local names = {}
    for index = 1, 20 do
      names[index] = "node-" .. index
    end
    for _, me in ipairs(names) do
      local neighbours = keys(ring.neighbours(me, names))
      assert.are.equal(2, #neighbours)
      for _, neighbour in ipairs(neighbours) do
        assert.is_true(ring.neighbours(neighbour, names)[me])
      end
    end
  end)

  it("has one neighbour of two nodes, and none of one", function()
    assert.are.same({ "b" }, keys(ring.neighbours("a", { "b" })))
    assert.are.same({}, keys(ring.neighbours("a", {})))
  end)

  it("goes round through all nodes", function()
    local names = { "a", "b", "c", "d", "e", "f", "g" }
    local seen, from, at = {}, nil, "a"
    repeat
      seen[at] = true
      local next_name
      for _, name in ipairs(keys(ring.neighbours(at, names))) do
        if name ~= from then
          next_name = name
        end
      end
      from, at = at, next_name
    until at == "a"
    assert.are.equal(7, #keys(seen))
  end)
end)
