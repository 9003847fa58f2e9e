--- call.lua: one call of `ctl`: what was asked, and how it is answered, for people or for programs.

local columns = require "relay.ctl.columns"
local engine = require "relay.engine"
local relay = require "relay"

local call = {}

-- Rows and lines between two turns of the loop.
local ROWS_AT_ONCE = 500

---@class relay.ctl.Call
---@field arguments string[] behind the command
---@field json boolean
---@field known { names: string[], commands: table<string, relay.ctl.Command> }
local Call = {}
Call.__index = Call

---@param request relay.ctl.Request
---@param known { names: string[], commands: table<string, relay.ctl.Command> }
---@return relay.ctl.Call
function call.new(request, known)
  return setmetatable({
    arguments = table.move(request.arguments, 2, #request.arguments, 1, {}),
    name = request.arguments[1] or "help",
    json = request.json == true,
    known = known,
  }, Call)
end

--- Text for people; control characters are escaped.
---@param text string
function Call.print(_, text)
  engine.control_write(false, columns.clean(text) .. "\n")
end

--- What went wrong; the exit code again.
---@param code integer
---@param text string
---@return integer
function Call.fail(_, code, text)
  engine.control_write(true, columns.clean(text) .. "\n")
  return code
end

--- How the command is used.
---@param problem string
---@return integer
function Call:misuse(problem)
  return self:fail(2, ("%s\nusage: ctl %s"):format(problem, self.known.commands[self.name].usage))
end

--- One line of JSON.
---@param value any
function Call.object(_, value)
  engine.control_json(value)
end

--- A list: a table for people, an object a line for programs.
---@param described relay.ctl.Column[]
---@param rows fun(): table? answers the next row
function Call:list(described, rows)
  local cells = {}
  local count = 0
  for row in rows do
    count = count + 1
    if self.json then
      engine.control_json(row)
    else
      cells[count] = columns.cells(described, row)
    end
    if count % ROWS_AT_ONCE == 0 then
      relay.sleep(0)
    end
  end
  if not self.json then
    self:lines(columns.lines(described, cells))
  end
end

--- Lines, some at a time.
---@param next_line fun(): string?
function Call.lines(_, next_line)
  local lines = {}
  local function write()
    lines[#lines + 1] = ""
    engine.control_write(false, table.concat(lines, "\n"))
    lines = {}
  end
  for line in next_line do
    lines[#lines + 1] = line
    if #lines == ROWS_AT_ONCE then
      write()
      relay.sleep(0)
    end
  end
  if #lines > 0 then
    write()
  end
end

--- An iterator over a list.
---@generic T
---@param list T[]
---@return fun(): T?
function call.each(list)
  local place = 0
  return function()
    place = place + 1
    return list[place]
  end
end

return call
