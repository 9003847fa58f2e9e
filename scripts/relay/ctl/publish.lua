--- ctl publish: a text to the subscribers of a channel that is open here, on all nodes.

local relay = require "relay"

local function run(current)
  local channel = current.arguments[1]
  if not channel or #current.arguments < 2 then
    return current:misuse("which channel, and what text?")
  end
  local text = table.concat(current.arguments, " ", 2)
  local _, reason = relay.publish(channel, text)
  if reason then
    return current:fail(1, ("%s: %s"):format(channel, reason))
  end
  if current.json then
    current:object { published = true }
  else
    current:print("published")
  end
end

---@type relay.ctl.Command
return { usage = "publish CHANNEL TEXT", summary = "a message to a channel, on all nodes", run = run }
