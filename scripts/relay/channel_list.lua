--- channel_list.lua: channels as list-channels and list-reserved-channels tell them.

local relay = require "relay"

local channel_list = {}

-- A packet holds a MiB; the rest of it, and every comma, is in what an entry is taken for.
local BYTES_MAX = 1000 * 1000
local ENTRY_BYTES = 100

-- So many bytes at most, as JSON.
local function size_of(channel)
  local _, escaped = channel.name:gsub("[\"\\]", "")
  return ENTRY_BYTES + #channel.name + escaped
end

--- What fits, from the first on.
---@param channels { name: string, password?: string }[]
---@param bytes_max integer
---@return { name: string, password: any }[] fitting
---@return integer left_out
function channel_list.fit(channels, bytes_max)
  local fitting, bytes = relay.array {}, 0
  for index, channel in ipairs(channels) do
    bytes = bytes + size_of(channel)
    if bytes > bytes_max then
      return fitting, #channels - index + 1
    end
    fitting[index] = { name = channel.name, password = channel.password or relay.null }
  end
  return fitting, 0
end

local warned = {}

--- The response; what does not fit is left out, which a key beside those of the notes tells, and the
--- log once.
---@param channels { name: string, password?: string }[]
---@param command string
---@return { channels: { name: string, password: any }[], left_out?: integer }
function channel_list.answer(channels, command)
  local fitting, left_out = channel_list.fit(channels, BYTES_MAX)
  if left_out > 0 and not warned[command] then
    warned[command] = true
    relay.log.warn(("%s: %d channels do not fit in a packet"):format(command, left_out))
  end
  return { channels = fitting, left_out = left_out > 0 and left_out or nil }
end

return channel_list
