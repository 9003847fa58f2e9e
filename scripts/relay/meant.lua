--- meant.lua: the name that somebody most likely meant.

local meant = {}

--- How many letters to insert, delete or replace to make b of a (Levenshtein).
---@param a string
---@param b string
---@return integer
function meant.distance(a, b)
  local row = {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local replaced = diagonal + (a:byte(i) == b:byte(j) and 0 or 1)
      diagonal = row[j]
      row[j] = math.min(replaced, row[j] + 1, row[j - 1] + 1)
    end
  end
  return row[#b]
end

--- The candidate nearest to a word; nil when none is near.
---@param word string
---@param candidates string[]
---@return string?
function meant.find(word, candidates)
  local best
  local best_distance = math.max(2, #word // 3) + 1
  for _, candidate in ipairs(candidates) do
    local distance = meant.distance(word, candidate)
    if distance < best_distance and distance < #candidate then
      best, best_distance = candidate, distance
    end
  end
  return best
end

--- " (did you mean 'x'?)", or nothing when no candidate is near.
---@param word string
---@param candidates string[]
---@return string
function meant.hint(word, candidates)
  local name = meant.find(word, candidates)
  return name and (" (did you mean '%s'?)"):format(name) or ""
end

return meant
