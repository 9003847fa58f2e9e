--- peer_selection.lua takes main.lua's peers and the ring, which keep the network whole; then the nearest.

local peer_selection = {}

local function distance(candidate, settings)
  if candidate.configured or candidate.ring then
    return -1
  end
  return (candidate.latency_ms or math.huge) * (candidate.linked and settings.stays or 1)
end

function peer_selection.choose(candidates, pool, settings)
  table.sort(candidates, function(a, b)
    local left, right = distance(a, settings), distance(b, settings)
    if left == right then
      return a.name < b.name
    end
    return left < right
  end)
  local names = {}
  for index = 1, math.min(pool, #candidates) do
    names[index] = candidates[index].name
  end
  return names
end

return peer_selection
