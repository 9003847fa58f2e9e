--- ctl trace: follows messages and packets through this node, until interrupted or `trace off`.

local engine = require "relay.engine"
local meant = require "relay.meant"

local OPTIONS = { "--channel", "--nonce" }

-- The options of `trace on`; nil and what is wrong.
local function read_options(arguments)
  local options = {}
  for i = 2, #arguments, 2 do
    local name, value = arguments[i], arguments[i + 1]
    if name ~= "--channel" and name ~= "--nonce" then
      return nil, ("unknown option '%s'%s"):format(name, meant.hint(name, OPTIONS))
    elseif not value or value == "" then
      return nil, ("%s needs a value"):format(name)
    end
    options[name:sub(3)] = value
  end
  return options
end

local function follow(current)
  local options, problem = read_options(current.arguments)
  if not options then
    return current:misuse(problem)
  end
  local _, refusal = engine.control_follow(options.channel, options.nonce, current.json)
  if refusal then
    return current:fail(1, refusal)
  end
end

local function stop(current)
  local count = engine.end_traces()
  if current.json then
    current:object { ended = count }
  else
    current:print(("%d trace%s ended"):format(count, count == 1 and "" or "s"))
  end
end

local function run(current)
  local word = current.arguments[1]
  if word == "on" then
    return follow(current)
  elseif word == "off" and #current.arguments == 1 then
    return stop(current)
  end
  return current:misuse("trace on, or trace off?")
end

---@type relay.ctl.Command
return {
  usage = "trace on [--channel NAME] [--nonce N] | trace off",
  summary = "follows messages through policy, fan-out and mesh; ends all who do",
  run = run,
}
