local topology = require "relay.testkit.topology"

local function read(given)
  return topology.read(given, "main.lua")
end

local function problem(given)
  local plan, message = read(given)
  assert.is_nil(plan)
  return message
end

local function peers(node)
  local names = {}
  for _, option in ipairs(node.options) do
    if option[1] == "peer" then
      names[#names + 1] = option[2]
    end
  end
  return names
end

describe("scripts/relay/testkit/topology.lua", function()
  it("links all with all when no links are given, each pair once", function()
    local plan = read { "a", "b", "c" }
    assert.same({
      { a = 1, b = 2, latency_ms = 1 },
      { a = 1, b = 3, latency_ms = 1 },
      { a = 2, b = 3, latency_ms = 1 },
    }, plan.links)
  end)

  it("makes the first of a link dial the second, with its token", function()
    local b = { name = "b", token = "t", host = "wss://b.example.com" }
    local plan = read { "a", b, links = { { "a", "b" } } }
    assert.same({ "b=wss://b.example.com/node,t" }, peers(plan.nodes[1]))
    assert.same({}, peers(plan.nodes[2]))
  end)

  it("gives a node alone no network", function()
    assert.same({}, read({ "a" }).nodes[1].options)
    assert.same({}, read({ "a" }).links)
  end)

  it("takes what a node says over what the network says, over the default", function()
    local plan = read { "a", { name = "b", main = "b.lua", policies = "q" }, main = "n.lua", policies = "p" }
    assert.equal("n.lua", plan.nodes[1].main)
    assert.equal("p", plan.nodes[1].policies)
    assert.equal("b.lua", plan.nodes[2].main)
    assert.equal("q", plan.nodes[2].policies)
    assert.equal("main.lua", read({ "a" }).nodes[1].main)
  end)

  it("gives main.lua an environment: the node's name, what all have, what it has of its own", function()
    local function variables(node)
      local found = {}
      for _, variable in ipairs(node.variables) do
        found[variable[1]] = variable[2]
      end
      return found
    end
    local b = { name = "b", environment = { REGION = "us" } }
    local plan = read { "a", b, environment = { REGION = "eu", SECRETS = "spec/secrets" } }
    assert.same({ WSRELAY_NAME = "a", REGION = "eu", SECRETS = "spec/secrets" }, variables(plan.nodes[1]))
    assert.same({ WSRELAY_NAME = "b", REGION = "us", SECRETS = "spec/secrets" }, variables(plan.nodes[2]))
  end)

  it("takes latencies of one link and of all", function()
    local links = { { "a", "b", latency_ms = 80 }, { "b", "c" } }
    local plan = read { "a", "b", "c", latency_ms = 5, links = links }
    assert.equal(80, plan.links[1].latency_ms)
    assert.equal(5, plan.links[2].latency_ms)
  end)

  it("says what is wrong", function()
    assert.equal([[give a table of nodes, as { "node-a", "node-b" }]], problem "a")
    assert.equal("a network has 1 to 64 nodes", problem {})
    assert.equal("there are two nodes 'a'", problem { "a", "a" })
    assert.equal("unknown key 'polices' (did you mean 'policies'?)", problem { "a", polices = "p" })
    assert.matches("^node 1: 'name' must be 1 to 64", problem { "a b" })
    assert.equal("node 1: 'name' is missing", problem { { main = "x" } })
    assert.equal("links[1] must name two nodes", problem { "a", "b", links = { { "a" } } })
    assert.equal("links[1] must name two nodes", problem { "a", "b", links = { { "a", "a" } } })
    assert.equal("links[1]: there is no node 'x'", problem { "a", "b", links = { { "a", "x" } } })
    assert.equal("links[1]: 'latency_ms' must be a number from 0 to 60000, and is -1",
      problem { "a", "b", links = { { "a", "b", latency_ms = -1 } } })
    assert.equal([['environment' must be a table, as { REGION = "eu" }]], problem { "a", environment = "x" })
    assert.equal("'environment' has 'A=B', which is no variable's name",
      problem { "a", environment = { ["A=B"] = "x" } })
    assert.equal("node 1: 'environment.A' must be a text",
      problem { { name = "a", environment = { A = 1 } } })
    assert.equal("'seed' must be a whole number from 0 to 9223372036854775807, and is \"x\"",
      problem { "a", seed = "x" })
  end)

  it("takes 64 nodes, and not 65", function()
    local nodes = {}
    for i = 1, 64 do
      nodes[i] = "n" .. i
    end
    assert.is_table(read(nodes))
    nodes[65] = "n65"
    assert.is_nil(read(nodes))
  end)
end)
