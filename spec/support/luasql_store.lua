--- luasql_store.lua: a store as engine.store gives it, over Debian's lua-sql-sqlite3: the same SQL, run for
--- real.
--
-- luasql binds no parameters, so they are written into the SQL.

local driver = require "luasql.sqlite3"

---@class spec.Store: relay.engine.Store
---@field fails? string what the next job fails with, before it does anything
---@field jobs integer how many were run
local Store = {}
Store.__index = Store

local luasql_store = {}

local function literal(value)
  if value == nil then
    return "NULL"
  elseif type(value) == "boolean" then
    return value and "1" or "0"
  elseif math.type(value) == "integer" then
    return tostring(value)
  elseif type(value) == "number" then
    return value == math.huge and "9e999" or ("%.17e"):format(value)
  end
  assert(type(value) == "string", "cannot be stored")
  return "'" .. value:gsub("'", "''") .. "'"
end

-- `?` takes the next parameter, `?2` the second.
local function written(statement)
  local next_one = 0
  return (statement[1]:gsub("%?(%d*)", function(number)
    next_one = tonumber(number) or next_one + 1
    return literal(statement[1 + next_one])
  end))
end

local function rows_of(cursor)
  local rows = {}
  if type(cursor) == "userdata" then
    local row = cursor:fetch({}, "n")
    while row do
      table.insert(rows, row)
      row = cursor:fetch({}, "n")
    end
    cursor:close()
  end
  return rows
end

local function run_all(connection, statements)
  local answer = {}
  for index, statement in ipairs(statements) do
    local cursor, message = connection:execute(written(statement))
    if not cursor then
      return nil, ("statement %d: %s"):format(index, message:gsub("^LuaSQL: ", ""))
    end
    answer[index] = rows_of(cursor)
  end
  return answer
end

function Store:run(statements)
  self.jobs = self.jobs + 1
  if self.fails then
    local reason = self.fails
    self.fails = nil
    return nil, reason
  end
  assert(self.connection:execute "BEGIN IMMEDIATE")
  local answer, reason = run_all(self.connection, statements)
  if answer then
    assert(self.connection:execute "COMMIT")
  else
    self.connection:execute "ROLLBACK" -- some failures did already
  end
  return answer, reason
end

--- The rows of one statement.
function Store:rows(text, ...)
  return assert(self:run { { text, ... } })[1]
end

--- The value of one row with one column.
function Store:value(text, ...)
  return self:rows(text, ...)[1][1]
end

function Store:close()
  self.connection:close()
  self.environment:close()
end

---@param path? string in memory without it
---@param bytes? integer at most
---@return spec.Store
function luasql_store.open(path, bytes)
  local environment = driver.sqlite3()
  local connection = assert(environment:connect(path or ":memory:"))
  assert(connection:execute "PRAGMA auto_vacuum = INCREMENTAL")
  if bytes then
    rows_of(assert(connection:execute(("PRAGMA max_page_count = %d"):format(bytes // 4096))))
  end
  return setmetatable({ environment = environment, connection = connection, jobs = 0 }, Store)
end

return luasql_store
