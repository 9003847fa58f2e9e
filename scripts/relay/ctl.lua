--- ctl.lua: the commands of `wsrelay-engine ctl`, one file each in relay/ctl/.
--
-- A request comes from the control socket (engine/control.h), and runs as a handler: a command may
-- wait. It returns its exit code: nil or 0 fine, 1 what it was about went wrong, 2 wrong use.

local call = require "relay.ctl.call"
local engine = require "relay.engine"
local meant = require "relay.meant"

local ctl = {}

--- In the order of `ctl help`.
ctl.NAMES = {
  "status", "peers", "channels", "clients", "hooks", "metrics",
  "kick", "publish", "trace", "eval", "reload", "drain", "help",
}

---@class relay.ctl.Command
---@field usage string what stands behind `ctl`
---@field summary string
---@field run fun(call: relay.ctl.Call): integer?

---@return table<string, relay.ctl.Command>
local function load_commands()
  local commands = {}
  for _, name in ipairs(ctl.NAMES) do
    commands[name] = require("relay.ctl." .. name)
  end
  return commands
end

---@class relay.ctl.Request
---@field arguments string[]
---@field json? boolean

local function is_request(request)
  if type(request.arguments) ~= "table" then
    return false
  end
  for _, argument in ipairs(request.arguments) do
    if type(argument) ~= "string" then
      return false
    end
  end
  return true
end

--- Runs one command; its exit code.
---@param request relay.ctl.Request
---@param commands table<string, relay.ctl.Command>
---@return integer
function ctl.run(request, commands)
  if not is_request(request) then
    engine.control_write(true, "the request has no list of arguments\n")
    return 2
  end
  local name = request.arguments[1] or "help"
  local command = commands[name]
  local current = call.new(request, { names = ctl.NAMES, commands = commands })
  if not command then
    return current:fail(2, ("unknown command '%s'%s; ctl help lists them"):format(
      name, meant.hint(name, ctl.NAMES)))
  end
  return command.run(current) or 0
end

--- From now on the control socket is answered.
function ctl.install()
  local commands = load_commands()
  engine.control(function(request)
    return ctl.run(request, commands)
  end)
end

return ctl
