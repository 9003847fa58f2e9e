--- survey.lua: what every node of the network has open, and what it has reserved, as it says itself.
--
-- Plain nodes are asked for their peers, too: a plain node behind another one is known to nobody until it
-- speaks. Whoever does not answer, or answers nonsense, is silent: nothing is concluded from that. The
-- surprising rule: names that a plain node tells may be made up, so few are believed, they are asked
-- last and not for long, and who never answered is asked ever more rarely; until then he is silent.

local relay = require "relay"
local side_by_side = require "relay.master.side_by_side"

local survey = {}

local ANSWER_SECONDS = 3
local AT_A_TIME = 8
local NODES_MAX = 5000
local BESIDE_MAX = 64 -- names that one plain node is believed
local BESIDE_SECONDS = 10 -- for all of them
local DOUBT_SECONDS, DOUBT_SECONDS_MAX = 30, 600 -- until he is asked again who did not answer
local NAME_BYTES_MAX = 128
local CHANNEL_BYTES_MAX = 256
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

local function is_channel(name)
  return #name > 0
    and #name <= CHANNEL_BYTES_MAX
    and not name:find "%c"
    and not name:find "\xc2[\x80-\x9f]"
    and utf8.len(name) ~= nil
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

local function is_name(name)
  return type(name) == "string" and #name <= NAME_BYTES_MAX and name:find "^[^%c]+$" and name ~= "*"
end

-- Whom a plain node is linked with.
local function ask_for_peers(tools, node)
  local answer = tools.request(node, { command = "list-nodes" }, ANSWER_SECONDS)
  local nodes = type(answer) == "table" and answer.nodes
  if type(nodes) ~= "table" then
    return nil, "it did not say whom it is linked with"
  end
  local names = {}
  for _, name in ipairs(nodes) do
    names[#names + 1] = is_name(name) and name or nil
  end
  return names
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

-- Whether somebody who was only named is asked now.
local function may_ask(doubts, name, now)
  local doubt = doubts[name]
  return not doubt or now >= doubt.at
end

-- Whether he answered. One who never did is asked again after a time that doubles.
local function note(doubts, name, has_answered, now)
  local wait = doubts[name] and math.min(2 * doubts[name].wait, DOUBT_SECONDS_MAX) or DOUBT_SECONDS
  doubts[name] = not has_answered and { wait = wait, at = now + wait } or nil
end

-- Of whom nobody speaks any more nothing is kept.
local function forget_doubts(doubts, is_known)
  for name in pairs(doubts) do
    if not is_known[name] then
      doubts[name] = nil
    end
  end
end

--- What every node has open. Waits.
---@param tools relay.SurveyTools
---@param seen table<string, number> when each node answered last: kept from one survey to the next
---@param doubts table<string, { wait: number, at: number }> who was named and did not answer: kept, too
---@return relay.Survey
function survey.open(tools, seen, doubts)
  local known = { channel = once(is_channel), hash = once(hash_of) }
  local view = { nodes = {}, names = {}, asked = 0, silent = {}, known = known }
  local list, is_known, began = {}, { [tools.name()] = true }, tools.clock()

  local function add(name, is_plain, is_named)
    if not is_known[name] and #list < NODES_MAX then
      is_known[name] = true
      view.silent[name] = "it was not asked"
      list[#list + 1] = { name = name, is_plain = is_plain, is_named = is_named }
    end
  end

  -- What is left out is not known to have nothing open, so whoever named it has not told all.
  local function add_beside(node, names)
    for place, name in ipairs(names) do
      if place > BESIDE_MAX then
        view.silent[node] = "it names too many peers"
        return
      end
      add(name, true, true)
    end
  end

  local function ask(node)
    local now = tools.clock()
    if node.is_named and (now - began > BESIDE_SECONDS or not may_ask(doubts, node.name, now)) then
      return
    end
    local facts, reason = ask_one(tools, known, node.name, node.is_plain)
    view.nodes[node.name], view.silent[node.name] = facts, reason
    if node.is_named then
      note(doubts, node.name, facts ~= nil, tools.clock())
    end
    add_beside(node.name, facts and facts.beside or {})
  end

  for _, node in ipairs(tools.nodes()) do
    add(node.name, node.is_plain == true, false)
  end
  side_by_side.each(list, AT_A_TIME, ask, tools)
  forget_doubts(doubts, is_known)
  view.nodes[tools.name()] = own_node(tools)
  view.asked = #list
  for name in pairs(view.nodes) do
    view.names[#view.names + 1] = name
  end
  table.sort(view.names)
  add_gone(view, tools, seen)
  return view
end

--- What every other node has reserved: `take` is told of one after the other. What did not fit in an
--- answer makes the whole list one that is left alone. Waits.
---@param tools relay.SurveyTools
---@param view relay.Survey
---@param take fun(node: string, reserved: table<string, string>)
function survey.reserved(tools, view, take)
  local names = {}
  for _, name in ipairs(view.names) do
    names[#names + 1] = name ~= tools.name() and name or nil
  end
  side_by_side.each(names, AT_A_TIME, function(name)
    local list, reason, is_partial = ask_for_list(tools, view.known, name, "list-reserved-channels")
    if not list then
      view.silent[name] = reason
    elseif not is_partial then
      take(name, list)
    end
  end, tools)
end

return survey
