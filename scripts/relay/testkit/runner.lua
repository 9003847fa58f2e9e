--- runner.lua: busted, inside the engine. `wsrelay-engine test` calls run once.

local runner = {}

local PASSED, FAILED, USAGE = 0, 1, 2

local HELP = [[
usage: wsrelay-engine test [--main FILE] [OPTION …] [PATH …]

Runs specs (files named *_spec.lua) with busted, which gets all other options, and gives them
require "relay.testkit". PATH is a spec or a folder of them; without one it is spec/ beside main.lua.

  --main FILE               the main.lua of networks that name none, and whose modules the specs
                            can require; main.lua in the working directory
  --filter PATTERN          only tests whose names match
  -o, --output NAME         plainTerminal, utfTerminal, TAP, junit, json, gtest
  -t, --tags TAGS           only tests with these #tags
  --shuffle, --seed SEED    in another order
  -l, --list                names only

Exit codes: 0 all passed, 1 something failed or busted is missing, 2 usage.
]]

-- What os.exit raises here.
local Exit = {
  __tostring = function()
    return "os.exit was called"
  end,
}

local function say(...)
  io.stderr:write("wsrelay-engine: ", string.format(...), "\n")
end

-- Whether the arguments or a .busted name a PATH. Busted's own default cannot be told from a "spec".
local function has_path(arguments, parsed)
  local roots = type(parsed.ROOT) == "table" and parsed.ROOT or { parsed.ROOT }
  if #roots ~= 1 or roots[1] ~= "spec" then
    return true
  end
  for _, argument in ipairs(arguments) do
    if argument == "spec" then
      return true
    end
  end
  return false
end

local function directory_of(path)
  return path:match("^(.*)/[^/]*$") or "."
end

local function exists(path)
  local file = io.open(path)
  if file then
    file:close()
  end
  return file ~= nil
end

local function find_busted()
  local found, problem = pcall(require, "busted.runner")
  if found then
    return problem
  end
  say("busted is not here: install the package lua-busted\n%s", tostring(problem):match("^[^\n]*"))
end

-- Busted's own reading of the arguments, to tell a wrong one from a failing spec.
local function parse(arguments)
  local defaults = { standalone = false, output = "plainTerminal" }
  local cli = require "busted.modules.cli"(defaults)
  cli:set_name("wsrelay-engine test")
  return cli:parse(arguments)
end

-- The file that busted takes for its own is the function's that called it: this names it.
local function call_busted(busted)
  local chunk = "local busted = ... busted { standalone = false } return true"
  local call = assert(load(chunk, "@wsrelay-engine test"))
  return xpcall(call, function(problem)
    return getmetatable(problem) == Exit and problem or debug.traceback(tostring(problem), 2)
  end, busted)
end

local function outcome(ok, problem)
  if ok then
    return PASSED
  end
  if getmetatable(problem) == Exit then
    return problem.code == 0 and PASSED or FAILED
  end
  say("%s", problem)
  return FAILED
end

local function wants_help(arguments)
  for _, argument in ipairs(arguments) do
    if argument == "--help" or argument == "-h" then
      return true
    end
  end
  return false
end

-- A spec that calls os.exit fails; the process goes on.
local function replace_exit()
  os.exit = function(code) -- luacheck: ignore 122
    if code == nil or code == true then
      code = 0
    end
    error(setmetatable({ code = code }, Exit))
  end
end

--- The process' exit code.
---@param arguments string[]
---@param main string
---@return integer
function runner.run(arguments, main)
  if wants_help(arguments) then
    io.stdout:write(HELP)
    return PASSED
  end
  local busted = find_busted()
  if not busted then
    return FAILED
  end
  replace_exit()
  -- A .busted may name another Lua to run in: it is this one.
  table.insert(arguments, 1, "--ignore-lua")
  arguments[0] = "wsrelay-engine test"
  local spec = directory_of(main) .. "/spec"
  local parsed, problem = parse(arguments)
  if not parsed then
    io.stderr:write(tostring(problem), "\n")
    return USAGE
  end
  if not has_path(arguments, parsed) then
    if not exists(spec) then
      say("there is no %s: which specs? (try wsrelay-engine test --help)", spec)
      return USAGE
    end
    table.insert(arguments, spec)
  end
  arg = arguments -- luacheck: ignore 121
  return outcome(call_busted(busted))
end

return runner
