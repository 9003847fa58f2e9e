--- A master that compares all nodes once a second, and tells of it.

local relay = require "relay"
local synchronise = require "relay.master.synchronise"

relay.node { policies = "../node/policies" }

local mended = relay.array {}
local routine = synchronise.new {
  on_mended = function(event)
    mended[#mended + 1] = event
  end,
}
routine:start(1)

relay.command("mended", function()
  return { events = mended, status = routine:status() }
end)

-- Names that a script holds.
relay.command("hold", function(request)
  return { done = relay.reserve(request.data.channel) == true }
end)
