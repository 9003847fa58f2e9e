--- ctl hooks: who answers each question of the policies, and what the scripts registered.

local call = require "relay.ctl.call"
local engine = require "relay.engine"

local QUESTIONS = {
  { title = "QUESTION", cell = function(question) return question.file .. "." .. question.name end },
  { title = "ANSWERED BY", cell = function(question) return question.by or "nobody" end },
  { title = "PLACE", key = "place" },
  { title = "ASKED", key = "asked", right = true },
  { title = "FAILED", key = "failed", right = true },
  { title = "MEAN", right = true, cell = function(question)
    return question.mean_us and ("%.1f µs"):format(question.mean_us)
  end },
}

local HANDLERS = {
  { title = "HANDLER OF", key = "kind" },
  { title = "NAME", cell = function(handler)
    return handler.name or ("%s %g s"):format(handler.repeats and "every" or "after", handler.seconds)
  end },
  { title = "PLACE", key = "place" },
}

local function by_name(a, b)
  return (a.name or "") < (b.name or "")
end

local function handlers()
  local registered, list = engine.registered(), {}
  table.sort(registered.commands, by_name)
  table.sort(registered.events, by_name)
  for _, kind in ipairs { "command", "event", "timer" } do
    for _, handler in ipairs(registered[kind .. "s"]) do
      handler.kind = kind
      list[#list + 1] = handler
    end
  end
  return list
end

local function run(current)
  local questions = engine.questions()
  for _, question in ipairs(questions) do
    question.kind = "policy"
  end
  current:list(QUESTIONS, call.each(questions))
  if not current.json then
    current:print("")
  end
  current:list(HANDLERS, call.each(handlers()))
end

---@type relay.ctl.Command
return { usage = "hooks", summary = "who answers the policies; commands, events and timers", run = run }
