--- collect.lua: rounds in which the master asks all nodes, and what came of the last one.
--
-- A full round asks for everything and gives the history its samples; a light one, while somebody
-- looks, for what moves. A node that does not answer gives no row: a gap is a gap.

local relay = require "relay"
local answers = require "relay.master.answers"
local ask = require "relay.master.ask"
local channels = require "relay.master.channels"

local collect = {}
collect.__index = collect

local WORKERS = 16 -- nodes that are asked at one time
local LOOK_SECONDS = 0.05
local ROUND_SECONDS_MAX = 12 -- the next one comes after 15
local LINKS_MAX = 20000
local PIECE = 100 -- nodes, in one turn of the loop

---@class relay.master.Link
---@field a string the smaller name
---@field b string
---@field latency_ms? number

---@class relay.master.NetworkFigures
---@field nodes integer that are up
---@field clients integer
---@field channels integer
---@field messages_per_second number
---@field kbits_per_second number

---@class relay.master.Collect
---@field nodes relay.master.Nodes
---@field links relay.master.Link[]
---@field channels relay.master.Channel[] the busiest
---@field channels_left_out integer
---@field network relay.master.NetworkFigures
---@field rounds integer that are over

---@param known relay.master.Nodes
---@return relay.master.Collect
function collect.new(known)
  return setmetatable({
    nodes = known,
    links = {},
    channels = {},
    channels_left_out = 0,
    network = { nodes = 0, clients = 0, channels = 0, messages_per_second = 0, kbits_per_second = 0 },
    rounds = 0,
  }, collect)
end

-- ── Asking ───────────────────────────────────────────────────────────────────────────────────

---@class relay.master.Round
---@field at number
---@field is_full boolean
---@field alive table<string, true>
---@field asked table<string, true>
---@field queue relay.NodeFacts[]
---@field open integer workers that are not done
---@field is_over boolean
---@field channels relay.master.Channels

local function new_round(at, is_full)
  local round = {
    at = at, is_full = is_full, alive = {}, asked = {}, queue = {}, open = 0, is_over = false,
    channels = channels.new(),
  }
  for _, node in ipairs(relay.nodes()) do
    if answers.is_node_name(node.name) then
      round.alive[node.name] = true
      round.queue[#round.queue + 1] = node
    end
  end
  return round
end

local function take(self, round, name, told)
  if not self.nodes:answered(name, round.at, told) then
    return
  end
  if told.stats then
    round.channels:add(name, told.stats.list)
    told.stats.list = nil -- many, and not needed any more
  end
end

local function work(self, round)
  while #round.queue > 0 do
    local node = table.remove(round.queue)
    round.asked[node.name] = true
    local told = ask.node(node.name, node.is_plain, round.is_full, self.nodes.told[node.name])
    if round.is_over then
      return
    end
    if told then
      take(self, round, node.name, told)
    end
  end
end

-- A worker that ran over its budget was ended from outside and says nothing: the round's end comes anyhow.
local function start_workers(self, round)
  for _ = 1, math.min(WORKERS, #round.queue) do
    round.open = round.open + 1
    relay.after(0, function()
      local ok, problem = pcall(work, self, round)
      round.open = round.open - 1
      if not ok then
        relay.log.error("overview: a node's answer: " .. tostring(problem))
      end
    end)
  end
end

local function await_workers(round)
  local seconds = 0
  while round.open > 0 and seconds < ROUND_SECONDS_MAX do
    relay.sleep(LOOK_SECONDS)
    seconds = seconds + LOOK_SECONDS
  end
  round.is_over = true
end

-- ── What came of it ──────────────────────────────────────────────────────────────────────────

local function add_links(self, name, list, by_pair)
  for _, peer in ipairs(self.nodes.told[name] and self.nodes.told[name].peers or {}) do
    local a, b = name, peer.name
    if b < a then
      a, b = b, a
    end
    local pair = a .. "\0" .. b
    if a ~= b and self.nodes:is_up(peer.name) and (by_pair[pair] or #list < LINKS_MAX) then
      local link = by_pair[pair] or { a = a, b = b }
      list[#list + 1] = not by_pair[pair] and link or nil
      by_pair[pair] = link
      link.latency_ms = link.latency_ms or peer.latency_ms
    end
  end
end

-- Links between nodes that are up, each once; the latency is what the smaller name measured, if it did.
-- Waits between the pieces.
local function links_of(self)
  local list, by_pair = {}, {}
  for place, name in ipairs(self.nodes:names()) do
    if self.nodes:is_up(name) then
      add_links(self, name, list, by_pair)
    end
    if place % PIECE == 0 then
      relay.sleep(0)
    end
  end
  return list
end

-- A message is in the figures of every node that it reached, so the nodes' sum would count it many
-- times. The channels' sum counts it once; where a node could not list all channels, the busiest node
-- is the better word.
local function network_of(self, merged)
  local messages, kbits = merged:sums()
  local network = { nodes = 0, clients = 0, channels = merged.count + merged.left_out }
  for name, told in pairs(self.nodes.told) do
    if self.nodes:is_up(name) then
      local stats = told.stats or {}
      network.nodes = network.nodes + 1
      network.clients = network.clients + (stats.clients or 0)
      messages = math.max(messages, stats.messages_per_second or 0)
      kbits = math.max(kbits, stats.kbits_per_second or 0)
    end
  end
  network.messages_per_second, network.kbits_per_second = messages, kbits
  return network
end

local function finish(self, round)
  self.nodes:finish(round.at, round.alive, round.asked)
  relay.sleep(0)
  self.channels, self.channels_left_out = round.channels:busiest()
  relay.sleep(0)
  self.links = links_of(self)
  self.network = network_of(self, round.channels)
  self.rounds = self.rounds + 1
end

--- Asks all nodes, and waits for what they say.
---@param at number Unix seconds
---@param is_full boolean
function collect:round(at, is_full)
  local round, me = new_round(at, is_full), relay.name()
  round.alive[me], round.asked[me] = true, true
  take(self, round, me, ask.myself(is_full, self.nodes.told[me]))
  start_workers(self, round)
  await_workers(round)
  finish(self, round)
end

-- ── Figures ──────────────────────────────────────────────────────────────────────────────────

---@class relay.master.Figures what is known of a node, nil where it did not tell
---@field name? string
---@field clients? integer
---@field channels? integer
---@field messages_per_second? number
---@field kbits_per_second? number
---@field load? number
---@field memory_used? number
---@field memory_total? number
---@field disk_used? number
---@field disk_total? number
---@field bytes_in_per_second? number
---@field bytes_out_per_second? number

--- A node's figures of the last round.
---@param told relay.master.Told
---@return relay.master.Figures
function collect.figures(told)
  local stats, host = told.stats or {}, told.host or {}
  return {
    clients = stats.clients,
    channels = stats.channels,
    messages_per_second = stats.messages_per_second,
    kbits_per_second = stats.kbits_per_second,
    load = host.load,
    memory_used = host.memory_used,
    memory_total = host.memory_total,
    disk_used = host.disk_used,
    disk_total = host.disk_total,
    bytes_in_per_second = host.bytes_in_per_second,
    bytes_out_per_second = host.bytes_out_per_second,
  }
end

---@class relay.master.Samples what the history keeps of a full round
---@field nodes relay.master.Figures[] with their names: those that answered
---@field channels relay.history.ChannelSample[] the busiest first
---@field network relay.master.NetworkFigures

local function channel_samples(list)
  local samples = {}
  for place, channel in ipairs(list) do
    samples[place] = {
      name = channel.name,
      clients = channel.clients,
      messages_per_second = channel.messages_per_second,
      kbits_per_second = channel.kbits_per_second,
    }
  end
  return samples
end

--- What the round gave whose time this is. Plain values, no more than needed: they may go over a reload.
---@param at number
---@return relay.master.Samples
function collect:samples(at)
  local samples = { nodes = {}, channels = channel_samples(self.channels), network = self.network }
  for name, told in pairs(self.nodes.told) do
    if self.nodes.records[name].seen_at == at then
      local figures = collect.figures(told)
      figures.name = name
      samples.nodes[#samples.nodes + 1] = figures
    end
  end
  return samples
end

return collect
