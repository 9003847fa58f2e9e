--- ctl kick: ends a client, with 1008 and a reason.

local relay = require "relay"

local CODE = 1008
local REASON_MAX = 123

local function run(current)
  local id = math.tointeger(tonumber(current.arguments[1]))
  if not id or id < 1 then
    return current:misuse("which client? Its ID stands in ctl clients")
  end
  local reason = table.concat(current.arguments, " ", 2)
  if #reason > REASON_MAX then
    return current:misuse(("the reason is longer than %d bytes"):format(REASON_MAX))
  end
  if not relay.close_client(id, CODE, reason ~= "" and reason or "kicked") then
    return current:fail(1, ("there is no client %d"):format(id))
  end
  if current.json then
    current:object { kicked = id }
  else
    current:print(("kicked client %d"):format(id))
  end
end

---@type relay.ctl.Command
return { usage = "kick ID [REASON]", summary = "ends a client with 1008", run = run }
