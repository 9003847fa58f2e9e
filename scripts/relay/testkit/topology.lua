--- topology.lua: what testkit.network was given, checked and complete. Pure.

local check = require "relay.check"
local meant = require "relay.meant"

local topology = {}

---@class relay.testkit.Plan
---@field seed integer
---@field nodes { name: string, main: string, policies?: string, options: string[][],
--- variables: string[][] }[]
---@field links { a: integer, b: integer, latency_ms: number }[]
---@field is_full boolean no links were given

local LATENCY_MS = 1
local TOKEN = "testkit-token"
local NODES_MAX = 64

local function is_name(text)
  return #text <= 64 and text:find("^[%w._-]+$")
end

local function is_text(text)
  return text ~= "" and not text:find("\0", 1, true)
end

local name = check.text("1 to 64 of the characters A-Z a-z 0-9 . _ -", is_name)
local path = check.text("a path", is_text)
local text = check.text("a text", is_text)
local latency = check.number(0, 60000)
local log_level = check.choice { "debug", "info", "warn", "error" }

-- Variables of main.lua's environment: { HOME = "/" }.
local function environment(value)
  if type(value) ~= "table" then
    return nil, "must be a table, as { REGION = \"eu\" }"
  end
  for key, one in pairs(value) do
    if type(key) ~= "string" or not key:find "^[%a_][%w_]*$" then
      return nil, ("has '%s', which is no variable's name"):format(tostring(key))
    end
    if type(one) ~= "string" or one:find("\0", 1, true) then
      return nil, "must be a text", { key }
    end
  end
  return value
end

local network = check.record {
  links = { check = check.list(function(value)
    return type(value) == "table" and value or nil, type(value) ~= "table" and "must be a table" or nil
  end) },
  main = { check = path },
  policies = { check = path },
  environment = { check = environment },
  seed = { check = check.integer(0, math.maxinteger) },
  token = { check = text },
  log_level = { check = log_level },
  latency_ms = { check = latency },
}

local node = check.record {
  name = { check = name, required = true },
  main = { check = path },
  policies = { check = path },
  environment = { check = environment },
  host = { check = text },
  token = { check = text },
  log_level = { check = log_level },
}

local link = check.record { latency_ms = { check = latency } }

-- A table's list and its named values apart.
local function part(given)
  local list, named = {}, {}
  for key, value in pairs(given) do
    if math.type(key) == "integer" and key >= 1 and key <= #given then
      list[key] = value
    else
      named[key] = value
    end
  end
  return list, named
end

local function checked(rule, value)
  local kept, message, where = rule(value)
  if message then
    return nil, where and check.sentence(message, where) or message
  end
  return kept
end

local function read_node(given, index)
  local value = type(given) == "string" and { name = given } or given
  local kept, problem = checked(node, value)
  if problem then
    return nil, ("node %d: %s"):format(index, problem)
  end
  return kept
end

local function read_nodes(list)
  local nodes, places, names = {}, {}, {}
  for index, given in ipairs(list) do
    local one, problem = read_node(given, index)
    if not one then
      return nil, problem
    end
    if places[one.name] then
      return nil, ("there are two nodes '%s'"):format(one.name)
    end
    places[one.name], names[index], nodes[index] = index, one.name, one
  end
  if #nodes == 0 or #nodes > NODES_MAX then
    return nil, ("a network has 1 to %d nodes"):format(NODES_MAX)
  end
  return nodes, nil, places, names
end

local function read_link(given, index, places, names, default_ms)
  local ends, named = part(given)
  local kept, problem = checked(link, named)
  if problem then
    return nil, ("links[%d]: %s"):format(index, problem)
  end
  if #ends ~= 2 or ends[1] == ends[2] then
    return nil, ("links[%d] must name two nodes"):format(index)
  end
  for _, one in ipairs(ends) do
    if not places[one] then
      local hint = type(one) == "string" and meant.hint(one, names) or ""
      return nil, ("links[%d]: there is no node '%s'%s"):format(index, tostring(one), hint)
    end
  end
  return { a = places[ends[1]], b = places[ends[2]], latency_ms = kept.latency_ms or default_ms }
end

local function all_links(count, latency_ms)
  local links = {}
  for a = 1, count do
    for b = a + 1, count do
      links[#links + 1] = { a = a, b = b, latency_ms = latency_ms }
    end
  end
  return links
end

local function read_links(given, places, names)
  local default_ms = given.latency_ms or LATENCY_MS
  if not given.links then
    return all_links(#names, default_ms)
  end
  local links = {}
  for index, one in ipairs(given.links) do
    local read, problem = read_link(one, index, places, names, default_ms)
    if not read then
      return nil, problem
    end
    links[index] = read
  end
  return links
end

local function dials(index, links)
  for _, l in ipairs(links) do
    if l.a == index then
      return true
    end
  end
  return false
end

-- What a node is told as by its command line. One that is alone has no network.
local function options_of(index, nodes, links, given)
  local one = nodes[index]
  local options = {}
  local function add(key, value)
    if value then
      options[#options + 1] = { key, value }
    end
  end
  local function host(of)
    return of.host or ("ws://%s/"):format(of.name)
  end
  local function token(of)
    return of.token or given.token or TOKEN
  end
  add("log-level", one.log_level or given.log_level)
  add("host", (one.host or #nodes > 1) and host(one))
  add("token", (one.token or #nodes > 1) and token(one))
  add("no-peers", #nodes > 1 and not dials(index, links) and "true")
  for _, l in ipairs(links) do
    local peer = l.a == index and nodes[l.b]
    add("peer", peer and ("%s=%snode,%s"):format(peer.name, host(peer):gsub("/?$", "/", 1), token(peer)))
  end
  return options
end

-- What a node's main.lua finds in its environment: its name, what the network says, what the node says.
local function variables_of(one, given)
  local values = { WSRELAY_NAME = one.name }
  for _, environment_of in ipairs { given.environment or {}, one.environment or {} } do
    for key, value in pairs(environment_of) do
      values[key] = value
    end
  end
  local variables = {}
  for key, value in pairs(values) do
    variables[#variables + 1] = { key, value }
  end
  return variables
end

--- nil and a message for a person when it cannot be.
---@param given any
---@param main string of nodes that name none
---@return relay.testkit.Plan?
---@return string? problem
function topology.read(given, main)
  if type(given) ~= "table" then
    return nil, "give a table of nodes, as { \"node-a\", \"node-b\" }"
  end
  local list, named = part(given)
  local common, problem = checked(network, named)
  if not common then
    return nil, problem
  end
  local nodes, wrong, places, names = read_nodes(list)
  if not nodes then
    return nil, wrong
  end
  local links, bad = read_links(common, places, names)
  if not links then
    return nil, bad
  end
  local plan = { seed = common.seed or 1, nodes = {}, links = links, is_full = not common.links }
  for index, one in ipairs(nodes) do
    plan.nodes[index] = {
      name = one.name,
      main = one.main or common.main or main,
      policies = one.policies or common.policies,
      options = options_of(index, nodes, links, common),
      variables = variables_of(one, common),
    }
  end
  return plan
end

return topology
