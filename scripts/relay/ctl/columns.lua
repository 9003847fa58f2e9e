--- columns.lua: rows as a table for people: a header, aligned columns, numbers to the right.

local columns = {}

local SPACE = "  "

---@class relay.ctl.Column
---@field title string
---@field key? string of the row
---@field cell? fun(row: table): any instead of a key
---@field right? boolean

local function escape(character)
  return ("\\x%02x"):format(character:byte(-1))
end

--- A text whose control characters reach no terminal; lines and tabs stay.
---@param text string
---@return string
function columns.clean(text)
  return (text:gsub("[^\n\t%C]", escape):gsub("\xC2[\x80-\x9F]", escape))
end

local function show(value)
  if value == nil or value == "" then
    return "-"
  elseif type(value) == "boolean" then
    return value and "yes" or "no"
  end
  return (columns.clean(tostring(value)):gsub("[\n\t]", escape))
end

--- What one row shows.
---@param described relay.ctl.Column[]
---@param row table
---@return string[]
function columns.cells(described, row)
  local cells = {}
  for i, column in ipairs(described) do
    if column.cell then
      cells[i] = show(column.cell(row))
    else
      cells[i] = show(row[column.key])
    end
  end
  return cells
end

local function width(text)
  return utf8.len(text) or #text
end

local function widths_of(described, rows)
  local widths = {}
  for i, column in ipairs(described) do
    widths[i] = width(column.title)
    for _, row in ipairs(rows) do
      widths[i] = math.max(widths[i], width(row[i]))
    end
  end
  return widths
end

local function line_of(described, widths, cells)
  local parts = {}
  for i, column in ipairs(described) do
    local padding = (" "):rep(widths[i] - width(cells[i]))
    parts[i] = column.right and padding .. cells[i] or cells[i] .. padding
  end
  return (table.concat(parts, SPACE):gsub(" +$", ""))
end

--- An iterator over the table's lines, the header first.
---@param described relay.ctl.Column[]
---@param rows string[][] of columns.cells
---@return fun(): string?
function columns.lines(described, rows)
  local widths = widths_of(described, rows)
  local titles = {}
  for i, column in ipairs(described) do
    titles[i] = column.title
  end
  local place = -1
  return function()
    place = place + 1
    local cells = place == 0 and titles or rows[place]
    return cells and line_of(described, widths, cells)
  end
end

return columns
