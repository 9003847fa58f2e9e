--- ctl reload: loads scripts, policies and certificates anew; what is wrong with them, else.

local engine = require "relay.engine"

local function run(current)
  local generation, problem = engine.reload()
  if not generation then
    return current:fail(1, problem)
  end
  if current.json then
    current:object { generation = generation }
  else
    current:print(("generation %d"):format(generation))
  end
end

---@type relay.ctl.Command
return { usage = "reload", summary = "loads scripts, policies and certificates anew", run = run }
