--- ctl help: the commands.

local call = require "relay.ctl.call"

local COLUMNS = { { title = "COMMAND", key = "usage" }, { title = "WHAT IT DOES", key = "summary" } }

local function run(current)
  local list = {}
  for i, name in ipairs(current.known.names) do
    local command = current.known.commands[name]
    list[i] = { name = name, usage = command.usage, summary = command.summary }
  end
  current:list(COLUMNS, call.each(list))
end

---@type relay.ctl.Command
return { usage = "help", summary = "this list", run = run }
