--- channels.lua: the channels of all nodes, taken together in a round.
--
-- Every node on which a channel is open counts each of its messages once. So what a channel carries is
-- what the busiest of them says, and not the sum; clients are the sum.

local engine = require "relay.engine"

local channels = {}
channels.__index = channels

channels.LISTED = 200

local NAMES_MAX = 20000
local SUBSCRIBERS_MAX = 200 -- nodes of a channel of which it is told how many clients they have there

---@class relay.master.Channel
---@field name string
---@field protected? boolean nil: this node does not know
---@field nodes string[]
---@field subscribers { node: string, clients: integer }[] of the first SUBSCRIBERS_MAX nodes
---@field clients integer
---@field messages_per_second number
---@field kbits_per_second number

---@class relay.master.MergedChannel
---@field name string
---@field clients_of table<string, integer> by node
---@field clients integer
---@field messages_per_second number
---@field kbits_per_second number

---@class relay.master.Channels
---@field by_name table<string, relay.master.MergedChannel>
---@field count integer
---@field left_out integer more than NAMES_MAX

---@return relay.master.Channels
function channels.new()
  return setmetatable({ by_name = {}, count = 0, left_out = 0 }, channels)
end

local function find(self, name)
  local channel = self.by_name[name]
  if channel then
    return channel
  end
  if self.count >= NAMES_MAX then
    self.left_out = self.left_out + 1
    return nil
  end
  channel = { name = name, clients_of = {}, clients = 0, messages_per_second = 0, kbits_per_second = 0 }
  self.by_name[name], self.count = channel, self.count + 1
  return channel
end

--- What one node told.
---@param node string
---@param list table<string, relay.master.ChannelFigures>
function channels:add(node, list)
  for name, figures in pairs(list) do
    local channel = find(self, name)
    if channel then
      channel.clients_of[node] = figures.clients
      channel.clients = channel.clients + figures.clients
      channel.messages_per_second = math.max(channel.messages_per_second, figures.messages_per_second)
      channel.kbits_per_second = math.max(channel.kbits_per_second, figures.kbits_per_second)
    end
  end
end

local function is_busier(a, b)
  if a.messages_per_second ~= b.messages_per_second then
    return a.messages_per_second > b.messages_per_second
  end
  if a.clients ~= b.clients then
    return a.clients > b.clients
  end
  return a.name < b.name
end

-- Where a channel belongs among those that are sorted already.
local function place_of(sorted, channel)
  local low, high = 1, #sorted + 1
  while low < high do
    local middle = (low + high) // 2
    if is_busier(channel, sorted[middle]) then
      high = middle
    else
      low = middle + 1
    end
  end
  return low
end

---@return relay.master.Channel
local function listed(merged)
  local nodes, subscribers = {}, {}
  for node in pairs(merged.clients_of) do
    nodes[#nodes + 1] = node
  end
  table.sort(nodes)
  for place = 1, math.min(#nodes, SUBSCRIBERS_MAX) do
    subscribers[place] = { node = nodes[place], clients = merged.clients_of[nodes[place]] }
  end
  return {
    name = merged.name,
    protected = engine.is_protected(merged.name),
    nodes = nodes,
    subscribers = subscribers,
    clients = merged.clients,
    messages_per_second = merged.messages_per_second,
    kbits_per_second = merged.kbits_per_second,
  }
end

--- The busiest, LISTED at most. Sorting all of them would take a while.
---@return relay.master.Channel[]
---@return integer left_out
function channels:busiest()
  local sorted = {}
  for _, channel in pairs(self.by_name) do
    if #sorted < channels.LISTED or is_busier(channel, sorted[#sorted]) then
      table.insert(sorted, place_of(sorted, channel), channel)
      sorted[channels.LISTED + 1] = nil
    end
  end
  for place, channel in ipairs(sorted) do
    sorted[place] = listed(channel)
  end
  return sorted, self.count + self.left_out - #sorted
end

--- All of them together.
---@return number messages_per_second
---@return number kbits_per_second
function channels:sums()
  local messages, kbits = 0, 0
  for _, channel in pairs(self.by_name) do
    messages, kbits = messages + channel.messages_per_second, kbits + channel.kbits_per_second
  end
  return messages, kbits
end

return channels
