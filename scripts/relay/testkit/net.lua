--- net.lua: a network of a test. What a method promises stands in docs/api/testkit.lua.

local engine = require "relay.testkit.engine"
local Client = require "relay.testkit.client"
local meant = require "relay.meant"

local Net = {}
Net.__index = Net

local STEP_MS = 10
local SETTLE_SECONDS = 60
local QUIET_MS = 2000
local STOP_SECONDS = 3
local ANSWER_SECONDS = 5

--- Starts all nodes. nil and what a main.lua or a policy of theirs has wrong.
---@param plan relay.testkit.Plan
function Net.open(plan)
  local handle = engine.open(plan.seed)
  local net = setmetatable({ handle = handle, names = {}, places = {}, links = plan.links }, Net)
  for index, node in ipairs(plan.nodes) do
    engine.add(handle, node.name, node.main, node.policies)
    for _, option in ipairs(node.options) do
      engine.set(handle, index, option[1], option[2])
    end
    for _, variable in ipairs(node.variables) do
      engine.set_variable(handle, index, variable[1], variable[2])
    end
    net.names[index], net.places[node.name] = node.name, index
  end
  for _, link in ipairs(plan.links) do
    engine.link(handle, link.a, link.b, link.latency_ms)
  end
  for index in ipairs(plan.nodes) do
    local ok, message = engine.start(handle, index)
    if not ok then
      return nil, message
    end
  end
  return net
end

-- A node's place; raises at the caller's caller.
local function place_of(net, name)
  local place = net.places[name]
  if not place then
    local hint = type(name) == "string" and meant.hint(name, net.names) or ""
    error(("there is no node '%s'%s"):format(tostring(name), hint), 3)
  end
  return place
end

local function check_seconds(seconds, default)
  seconds = seconds or default
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds <= 1e6) then
    error("seconds must be a number from 0 to 1000000", 3)
  end
  return seconds
end

-- ── Time ─────────────────────────────────────────────────────────────────────────────────────

function Net:advance(seconds)
  engine.advance(self.handle, check_seconds(seconds, 0) * 1000)
end

function Net:time()
  return engine.now(self.handle) / 1000
end

-- Advances until `is_done` answers something, for so many seconds at most.
function Net:wait(seconds, is_done)
  local until_ms = engine.now(self.handle) + seconds * 1000
  local found = is_done()
  while not found and engine.now(self.handle) < until_ms do
    engine.advance(self.handle, STEP_MS)
    found = is_done()
  end
  return found
end

-- ── Settling ─────────────────────────────────────────────────────────────────────────────────

local function is_up(net, place)
  return engine.is_alive(net.handle, place) and 1 or nil
end

local function can_meet(net, link)
  local groups = net.groups or {}
  return is_up(net, link.a) and is_up(net, link.b) and groups[link.a] == groups[link.b]
end

-- The number of each node's piece of the network: nodes that can reach one another have the same.
local function pieces(net)
  local piece = {}
  for place in ipairs(net.names) do
    piece[place] = place
  end
  local is_changed = true
  while is_changed do
    is_changed = false
    for _, link in ipairs(net.links) do
      local low = math.min(piece[link.a], piece[link.b])
      if piece[link.a] ~= piece[link.b] and can_meet(net, link) then
        piece[link.a], piece[link.b], is_changed = low, low, true
      end
    end
  end
  return piece
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do
    set[name] = true
  end
  return set
end

-- What a node knows wrongly of who is there; nil: nothing.
local function misjudged(net, place, piece)
  local known = set_of(engine.nodes(net.handle, place))
  for other, name in ipairs(net.names) do
    local is_there = other ~= place and is_up(net, other) and piece[other] == piece[place]
    if is_there and not known[name] then
      return ("%s does not know %s"):format(net.names[place], name)
    end
    if known[name] and not is_there then
      return ("%s still knows %s"):format(net.names[place], name)
    end
  end
end

local function disagreement(net)
  local piece = pieces(net)
  for place in ipairs(net.names) do
    local wrong = is_up(net, place) and misjudged(net, place, piece)
    if wrong then
      return wrong
    end
  end
end

-- All links that stand, as one text.
local function linked(net)
  local texts = {}
  for place, name in ipairs(net.names) do
    for _, peer in ipairs(is_up(net, place) and engine.peers(net.handle, place) or {}) do
      texts[#texts + 1] = name .. "=" .. peer.name
    end
  end
  table.sort(texts)
  return table.concat(texts, " ")
end

-- The same links for a while, and all know all.
function Net:settle(seconds)
  local links, since = nil, engine.now(self.handle)
  local wrong
  local is_settled = self:wait(check_seconds(seconds, SETTLE_SECONDS), function()
    local now, links_now = engine.now(self.handle), linked(self)
    wrong = disagreement(self)
    if wrong or links_now ~= links then
      links, since = links_now, now
    end
    return now - since >= QUIET_MS
  end)
  if is_settled then
    return true
  end
  return nil, wrong or "the links do not come to rest"
end

-- ── Faults ───────────────────────────────────────────────────────────────────────────────────

function Net:partition(...)
  local groups = {}
  for place in ipairs(self.names) do
    groups[place] = 0
  end
  for number, names in ipairs { ... } do
    for _, name in ipairs(type(names) == "table" and names or { names }) do
      groups[place_of(self, name)] = number
    end
  end
  self.groups = groups
  engine.partition(self.handle, groups)
end

function Net:heal()
  self.groups = nil
  engine.heal(self.handle)
end

function Net:cut(a, b)
  engine.cut(self.handle, place_of(self, a), place_of(self, b))
end

function Net:crash(node)
  engine.crash(self.handle, place_of(self, node))
end

function Net:stop(node)
  engine.stop(self.handle, place_of(self, node))
  self:advance(STOP_SECONDS)
end

function Net:start(node)
  local ok, message = engine.start(self.handle, place_of(self, node))
  if not ok then
    error(message, 0)
  end
end

function Net:reload(node, changed)
  changed = changed or {}
  return engine.reload(self.handle, place_of(self, node), changed.main, changed.policies)
end

-- ── What a node knows ────────────────────────────────────────────────────────────────────────

function Net:is_alive(node)
  return engine.is_alive(self.handle, place_of(self, node))
end

function Net:health(node)
  local state, reason = engine.health(self.handle, place_of(self, node))
  return { healthy = state, reason = reason }
end

function Net:log(node, wanted)
  local lines = {}
  for _, line in ipairs(engine.log(self.handle, place_of(self, node))) do
    if not wanted or line:find(wanted, 1, true) then
      lines[#lines + 1] = line
    end
  end
  return lines
end

function Net:channels(node)
  return engine.channels(self.handle, place_of(self, node))
end

local function sorted_names(list)
  local names = {}
  for _, one in ipairs(list) do
    names[#names + 1] = type(one) == "table" and one.name or one
  end
  table.sort(names)
  return names
end

function Net:peers(node)
  return sorted_names(engine.peers(self.handle, place_of(self, node)))
end

function Net:nodes(node)
  return sorted_names(engine.nodes(self.handle, place_of(self, node)))
end

-- ── Commands between nodes ───────────────────────────────────────────────────────────────────

-- Raises at the caller's caller.
local function check_data(data)
  if type(data) ~= "table" then
    error("data must be a table, as { command = \"say-hello\" }", 3)
  end
end

-- A name that nobody has is a way to ask for nobody; what cannot be a name is a mistake.
local function check_target(node, target)
  if type(target) ~= "string" or target == "" then
    error(("a node's name must be a text, and is %s"):format(tostring(target)), 3)
  end
  if target == node then
    error(("%s cannot ask itself"):format(node), 3)
  end
end

-- The answers by node, and the reason.
local function ask(net, place, to, data, seconds)
  local text = engine.encode(net.handle, data)
  local number, reason = engine.ask(net.handle, place, to, text, seconds * 1000)
  if not number then
    return {}, reason
  end
  local answers
  net:wait(seconds + 1, function()
    answers, reason = engine.answers(net.handle, number)
    return answers
  end)
  engine.forget(net.handle, number)
  local by_node = {}
  for i = 1, #(answers or {}), 2 do
    by_node[answers[i]] = engine.decode(answers[i + 1])
  end
  return by_node, reason
end

function Net:request(node, target, data, seconds)
  local place, wait = place_of(self, node), check_seconds(seconds, ANSWER_SECONDS)
  check_target(node, target)
  check_data(data)
  local answers, reason = ask(self, place, target, data, wait)
  local _, answer = next(answers)
  if answer == nil then
    return nil, reason and reason ~= "" and reason or "timed out"
  end
  return answer
end

function Net:broadcast(node, data, seconds)
  local place, wait = place_of(self, node), check_seconds(seconds, ANSWER_SECONDS)
  check_data(data)
  return (ask(self, place, nil, data, wait))
end

-- ── Clients ──────────────────────────────────────────────────────────────────────────────────

function Net:client(node, request)
  return Client.open(self, place_of(self, node), request or {})
end

function Net:close()
  engine.close(self.handle)
end

return Net
