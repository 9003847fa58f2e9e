--- ctl eval: runs Lua in the scripts' state, as a handler: relay.request and its like wait.

local relay = require "relay"
local show = require "relay.ctl.show"

-- What the code sees: all globals, relay, and a print that answers; what it assigns is its own.
local function environment(current)
  local function print(...)
    local texts = table.pack(...)
    for i = 1, texts.n do
      texts[i] = tostring(texts[i])
    end
    current:print(table.concat(texts, "\t"))
  end
  return setmetatable({ relay = relay, print = print }, {
    __index = function(_, name)
      return rawget(_G, name)
    end,
  })
end

-- An expression, or statements.
local function compile(code, env)
  local expression = load("return " .. code, "=eval", "t", env)
  if expression then
    return expression
  end
  return load(code, "=eval", "t", env)
end

local function answer(current, results)
  if current.json then
    local list = relay.array {}
    for i = 1, results.n do
      list[i] = results[i] == nil and relay.null or results[i]
    end
    current:object { results = list }
    return
  end
  for i = 1, results.n do
    current:print(show.value(results[i]))
  end
end

local function run(current)
  local code = table.concat(current.arguments, " ")
  if code == "" then
    return current:misuse("what is to run?")
  end
  local body, problem = compile(code, environment(current))
  if not body then
    return current:fail(1, problem)
  end
  -- What it raises ends this handler, and is told with its traceback.
  local is_told, why = pcall(answer, current, table.pack(body()))
  if not is_told then
    return current:fail(1, (tostring(why):gsub("^[^\n]-:%d+: ", "")))
  end
end

---@type relay.ctl.Command
return { usage = "eval LUA", summary = "runs Lua where main.lua runs, and shows what it returns", run = run }
