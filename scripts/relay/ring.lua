--- ring.lua: an order of all nodes that every node finds by itself: by the hash of their names.
--
-- Each node holds the two beside it, so the network stays in one piece whatever else is chosen.

local ring = {}

--- FNV-1a with a last stir, so that names which differ little lie far apart.
---@param text string
---@return integer hash 32 bits
function ring.hash(text)
  local hash = 0x811c9dc5
  for at = 1, #text do
    hash = ((hash ~ text:byte(at)) * 0x01000193) & 0xffffffff
  end
  hash = ((hash ~ (hash >> 16)) * 0x85ebca6b) & 0xffffffff
  return hash ~ (hash >> 13)
end

local function is_before(a, b)
  if a.hash ~= b.hash then
    return a.hash < b.hash
  end
  return a.name < b.name
end

--- The names next to this node's in the ring: one before it and one behind it.
---@param me string
---@param names string[] of the nodes, each once; this one may be among them
---@return table<string, true> neighbours
function ring.neighbours(me, names)
  local places = { { name = me, hash = ring.hash(me) } }
  for _, name in ipairs(names) do
    places[#places + 1] = name ~= me and { name = name, hash = ring.hash(name) } or nil
  end
  table.sort(places, is_before)
  local neighbours = {}
  for index, place in ipairs(places) do
    if place.name == me then
      neighbours[places[(index - 2) % #places + 1].name] = true
      neighbours[places[index % #places + 1].name] = true
    end
  end
  neighbours[me] = nil
  return neighbours
end

return ring
