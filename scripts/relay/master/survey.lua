--- survey.lua: what every node of the network has open, and what it has reserved, as it says itself.
--
-- Plain nodes are asked for their peers, too: a plain node behind another one is known to nobody until it
-- speaks. Whoever does not answer, or answers nonsense, is silent: nothing is concluded from that.
--
-- A peer can name nodes that do not exist, and each costs seconds. So those that never answered are asked
-- last, a few in a survey, and ever more rarely; whoever had no turn is silent, too.

local relay = require "relay"
local names = require "relay.names"
local side_by_side = require "relay.master.side_by_side"

local survey = {}

local ANSWER_SECONDS = 3
local AT_A_TIME = 8
local NAMED_MAX, NAMED_BY_ONE_MAX = 256, 64 -- nodes that only plain peers know of, and one of them
local REST_SECONDS, REST_SECONDS_MAX = 15, 300 -- until such a one is asked again
local RESTING = "it never answered"
local PIECE = 500 -- entries between two pauses
local GONE_SECONDS = 45 -- found dead after 15, and its claims stand for 30 more

---@class relay.SurveyedNode
---@field is_plain boolean
---@field open table<string, string> hash by channel; "": no password
---@field beside string[] of a plain one: whom it is linked with
---@field is_partial boolean not all that it has open fitted in its answer

---@class relay.Survey
---@field nodes table<string, relay.SurveyedNode> those that answered, and this one
---@field names string[] of them, in order
---@field asked integer
---@field silent table<string, string> why, by node
---@field known { channel: table<string, boolean>, hash: table<any, string|false> } what was read already

---@class relay.SurveyMemory what one survey keeps for the next
---@field seen table<string, number> when each node answered last
---@field mute table<string, { times: integer, rests_until: number }> those that never answered

---@class relay.SurveyLimits
---@field ends_at number by the tools' clock: nobody is asked from then on
---@field probes integer how many are asked that never answered yet

---@class relay.SurveyTools: relay.SideBySide
---@field request fun(node: string, data: table, seconds: number): table?, string?
---@field nodes fun(): relay.NodeFacts[]
---@field name fun(): string
---@field channels fun(): relay.ChannelFacts[]
---@field clock fun(): number

--- Counts, and lets the loop run now and then: lists are long.
---@param tools relay.SideBySide
---@return fun()
function survey.pace(tools)
  local count = 0
  return function()
    count = count + 1
    if count == PIECE then
      count = 0
      tools.sleep(0)
    end
  end
end

-- nil: it is no hash.
local function hash_of(password)
  if password == relay.null or password == "" then
    return ""
  end
  local is_hash = type(password) == "string" and #password == 64 and not password:find "%X"
  return is_hash and password:lower() or nil
end

-- Remembers what a function answered: all nodes list the same names.
local function once(compute)
  return setmetatable({}, {
    __index = function(answers, given)
      local answer = compute(given) or false
      answers[given] = answer
      return answer
    end,
  })
end

-- The hashes by channel; nil, and why it is no list. A name that no channel can have is nobody's concern.
local function list_in(answer, known, pace)
  local channels, list = answer.channels, {}
  if type(channels) ~= "table" or (#channels == 0 and next(channels) ~= nil) then
    return nil, type(answer.reason) == "string" and answer.reason or "it gave no list"
  end
  for _, entry in ipairs(channels) do
    local name = type(entry) == "table" and entry.name
    local hash = type(name) == "string" and (entry.password == nil and "" or known.hash[entry.password])
    if not hash or (list[name] or hash) ~= hash then
      return nil, "its list makes no sense"
    end
    list[name] = known.channel[name] and hash or nil
    pace()
  end
  return list
end

local function ask_for_list(tools, known, node, command)
  local answer, reason = tools.request(node, { command = command }, ANSWER_SECONDS)
  if type(answer) ~= "table" then
    return nil, reason or "it gave no list"
  end
  local list, problem = list_in(answer, known, survey.pace(tools))
  return list, problem, answer.left_out ~= nil
end

-- Whom a plain node is linked with.
local function ask_for_peers(tools, node)
  local answer = tools.request(node, { command = "list-nodes" }, ANSWER_SECONDS)
  local nodes = type(answer) == "table" and answer.nodes
  if type(nodes) ~= "table" then
    return nil, "it did not say whom it is linked with"
  end
  local beside = {}
  for _, name in ipairs(nodes) do
    beside[#beside + 1] = names.is_node(name) and name or nil
  end
  return beside
end

-- Asks one node; what it answered, or nil and why that is nothing.
local function ask_one(tools, known, node, is_plain)
  local open, reason, is_partial = ask_for_list(tools, known, node, "list-channels")
  if not open then
    return nil, reason
  end
  local beside = {}
  if is_plain then
    beside, reason = ask_for_peers(tools, node)
  end
  return beside and { is_plain = is_plain, open = open, beside = beside, is_partial = is_partial }, reason
end

local function own_node(tools)
  local open = {}
  for _, channel in ipairs(tools.channels()) do
    if channel.scope ~= "node" then
      open[channel.name] = channel.password or ""
    end
  end
  return { is_plain = false, open = open, beside = {}, is_partial = false }
end

-- Those that answered a moment ago, and are not believed alive any more.
local function add_gone(view, tools, seen)
  local now = tools.clock()
  for name in pairs(view.nodes) do
    seen[name] = now
  end
  for name, at in pairs(seen) do
    if now - at >= GONE_SECONDS then
      seen[name] = nil
    elseif not view.nodes[name] and not view.silent[name] then
      view.silent[name] = "it is gone"
    end
  end
end

-- ── Whom to ask ──────────────────────────────────────────────────────────────────────────────

local Round = {}
Round.__index = Round

function Round:add(node, list)
  self.is_known[node.name] = true
  self.view.silent[node.name] = "it was not asked"
  self.view.asked = self.view.asked + 1
  table.insert(list, node)
end

-- Those that the mesh knows; who answered before comes before who did not.
function Round:add_nodes()
  local others = {}
  for _, node in ipairs(self.tools.nodes()) do
    local facts = { name = node.name, is_plain = node.is_plain == true }
    if self.memory.seen[node.name] then
      self:add(facts, self.list)
    else
      others[#others + 1] = facts
    end
  end
  for _, facts in ipairs(others) do
    self:add(facts, self.list)
  end
end

-- One that a plain node named. `by` is the node of the mesh through which it was heard of.
function Round:add_named(name, by)
  local facts, mute = { name = name, is_plain = true, by = by }, self.memory.mute[name]
  self.named[by] = (self.named[by] or 0) + 1
  self.named_count = self.named_count + 1
  self.mute[name] = mute
  if self.memory.seen[name] then
    self:add(facts, self.list)
  elseif mute and mute.rests_until > self.tools.clock() then
    self:add(facts, {})
    self.view.silent[name] = RESTING
  else
    self:add(facts, #self.probes < self.limits.probes and self.probes or {})
  end
end

function Round:add_beside(node, beside)
  local by = node.by or node.name
  for _, name in ipairs(beside) do
    if not self.is_known[name] then
      if (self.named[by] or 0) >= NAMED_BY_ONE_MAX or self.named_count >= NAMED_MAX then
        self.view.silent[node.name] = "it names more nodes than are asked"
        return
      end
      self:add_named(name, by)
    end
  end
end

function Round:ask(node)
  if self.tools.clock() >= self.limits.ends_at then
    return
  end
  local facts, reason = ask_one(self.tools, self.view.known, node.name, node.is_plain)
  self.view.nodes[node.name], self.view.silent[node.name] = facts, reason
  if facts then
    self:add_beside(node, facts.beside)
  end
end

local function is_there(tools, name)
  for _, node in ipairs(tools.nodes()) do
    if node.name == name then
      return true
    end
  end
  return false
end

-- One that never answered yet; not when whoever named it has left.
function Round:probe(node)
  if not is_there(self.tools, node.by) then
    return
  end
  self:ask(node)
  local mute = self.memory.mute[node.name] or { times = 0 }
  local rest = math.min(REST_SECONDS << math.min(mute.times, 8), REST_SECONDS_MAX)
  mute = { times = mute.times + 1, rests_until = self.tools.clock() + rest }
  self.mute[node.name] = not self.view.nodes[node.name] and mute or nil
end

-- Who answers a probe may name more, who have answered before or not.
function Round:run()
  self:add_nodes()
  side_by_side.each(self.list, AT_A_TIME, function(node)
    self:ask(node)
  end, self.tools)
  self.list = self.probes
  side_by_side.each(self.probes, AT_A_TIME, function(node)
    self:probe(node)
  end, self.tools)
  self.memory.mute = self.mute
end

---@return relay.SurveyMemory
function survey.memory()
  return { seen = {}, mute = {} }
end

--- What every node has open. Waits.
---@param tools relay.SurveyTools
---@param memory relay.SurveyMemory kept from one survey to the next
---@param limits relay.SurveyLimits
---@return relay.Survey
function survey.open(tools, memory, limits)
  local known = { channel = once(names.is_channel), hash = once(hash_of) }
  local view = { nodes = {}, names = {}, asked = 0, silent = {}, known = known }
  setmetatable({
    tools = tools, memory = memory, limits = limits, view = view, is_known = { [tools.name()] = true },
    list = {}, probes = {}, mute = {}, named = {}, named_count = 0,
  }, Round):run()
  view.nodes[tools.name()] = own_node(tools)
  for name in pairs(view.nodes) do
    view.names[#view.names + 1] = name
  end
  table.sort(view.names)
  add_gone(view, tools, memory.seen)
  return view
end

--- What every other node has reserved: `take` is told of one after the other. What did not fit in an
--- answer makes the whole list one that is left alone. Waits.
---@param tools relay.SurveyTools
---@param view relay.Survey
---@param limits relay.SurveyLimits
---@param take fun(node: string, reserved: table<string, string>)
function survey.reserved(tools, view, limits, take)
  local others = {}
  for _, name in ipairs(view.names) do
    others[#others + 1] = name ~= tools.name() and name or nil
  end
  side_by_side.each(others, AT_A_TIME, function(name)
    if tools.clock() >= limits.ends_at then
      view.silent[name] = "it was not asked"
      return
    end
    local list, reason, is_partial = ask_for_list(tools, view.known, name, "list-reserved-channels")
    if not list then
      view.silent[name] = reason
    elseif not is_partial then
      take(name, list)
    end
  end, tools)
end

return survey
