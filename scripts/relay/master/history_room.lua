--- history_room.lua: keeps the history within its time and its bytes.
--
-- In pieces: each is a job that ends soon. What is too old goes with every sample; what is too much goes
-- when the file nears its bound: the oldest of the finest rows first, those of channels before those of
-- nodes, and at the very last what charts show.

local sql = require "relay.master.history_sql"

local room = {}

local OLD_ROWS = 5000 -- of a table with each sample: more than one can bring
local PIECE_ROWS = 2000
local PIECES = 8 -- between two samples
local FULL = 0.9 -- of the bound: the rest is for the next samples, until they are made room for
local PIECE_PAGES = 500

--- What is older than each level keeps.
---@param at number
---@return table[] statements
function room.delete_old(at)
  local statements = {}
  for index, level in ipairs(sql.LEVELS) do
    for _, subject in ipairs(sql.SUBJECTS) do
      table.insert(statements, { sql.delete_old[subject][index], at - level.keep, OLD_ROWS })
    end
  end
  return statements
end

--- Names of which no row is left. It reads all rows: for once an hour.
---@return table[] statements
function room.delete_unused_names()
  return { { sql.delete_unused_names.channel }, { sql.delete_unused_names.node } }
end

---@class relay.history.Size in bytes
---@field file integer
---@field used integer
---@field page integer

---@param answer table of sql.sizes
---@param first integer where it begins there
---@return relay.history.Size
function room.size(answer, first)
  local page, pages, free = answer[first][1][1], answer[first + 1][1][1], answer[first + 2][1][1]
  return { file = page * pages, used = page * (pages - free), page = page }
end

-- The table whose oldest rows go next, and the time before which they may.
local function choose(oldest, at)
  for _, kept in ipairs { "chart", "least" } do
    for index, level in ipairs(sql.LEVELS) do
      for _, subject in ipairs(sql.SUBJECTS) do
        local before, first = at - level[kept], oldest[sql.table_of(subject, level)]
        if first and first < before then
          return subject, index, before
        end
      end
    end
  end
end

local function read_oldest(store)
  local statements, names = {}, {}
  for index, level in ipairs(sql.LEVELS) do
    for _, subject in ipairs(sql.SUBJECTS) do
      table.insert(statements, { sql.oldest[subject][index] })
      table.insert(names, sql.table_of(subject, level))
    end
  end
  local answer, reason = store:run(statements)
  if not answer then
    return nil, reason
  end
  local oldest = {}
  for index, name in ipairs(names) do
    oldest[name] = answer[index][1][1]
  end
  return oldest
end

-- Deletes a piece. The size after it; nil: nothing may go, or why it does not.
local function delete_piece(store, at)
  local oldest, reason = read_oldest(store)
  if not oldest then
    return nil, reason
  end
  local subject, index, before = choose(oldest, at)
  if not subject then
    return nil
  end
  local answer
  answer, reason = store:run {
    { sql.delete_old[subject][index], before, PIECE_ROWS },
    table.unpack(sql.sizes),
  }
  return answer and room.size(answer, 2), reason
end

-- Gives free pages back, where the bound was made smaller.
local function cut(store, size, bytes)
  if size.file > bytes and size.used < size.file then
    return store:run { { ("PRAGMA incremental_vacuum(%d)"):format(PIECE_PAGES) } }
  end
end

--- Makes room for the next samples, some pieces of it.
---@param store relay.engine.Store
---@param size relay.history.Size
---@param bytes integer the bound
---@param at number
---@return boolean did_something
---@return string? reason why not
function room.make(store, size, bytes, at)
  local did_something, reason = false, nil
  for _ = 1, PIECES do
    if size.used <= bytes * FULL then
      break
    end
    local after
    after, reason = delete_piece(store, at)
    if not after then
      break
    end
    size, did_something = after, true
  end
  cut(store, size, bytes)
  return did_something, reason
end

return room
