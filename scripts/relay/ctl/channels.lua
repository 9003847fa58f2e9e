--- ctl channels: the channels that are open here, with their traffic; never their passwords.

local engine = require "relay.engine"
local units = require "relay.ctl.units"

local PAGE = 500

local COLUMNS = {
  { title = "CHANNEL", key = "name" },
  { title = "SUBSCRIBERS", key = "subscribers", right = true },
  { title = "PASSWORD", key = "protected" },
  { title = "SCOPE", key = "scope" },
  { title = "MESSAGES/S", key = "messages_1s", right = true },
  { title = "IN 60 S", key = "messages_60s", right = true },
  { title = "BYTES IN 60 S", right = true, cell = function(channel)
    return units.bytes(channel.bytes_60s)
  end },
}

-- Page by page. When the channel that the next page begins behind has closed meanwhile, the list ends.
local function channels()
  local page, place, last = engine.channels_after(nil, PAGE), 0, nil
  return function()
    place = place + 1
    if page and place > #page and #page == PAGE then
      page, place = engine.channels_after(last, PAGE), 1
    end
    local channel = page and page[place]
    last = channel and channel.name
    return channel
  end
end

local function run(current)
  current:list(COLUMNS, channels())
end

---@type relay.ctl.Command
return { usage = "channels", summary = "the channels that are open here, oldest first", run = run }
