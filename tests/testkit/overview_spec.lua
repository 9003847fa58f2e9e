local json = require "relay.json"
local testkit = require "relay.testkit"

local MASTER = "tests/testkit/overview/main.lua"
local NODE = "tests/testkit/overview/node.lua"

-- node-a is the master; the nodes stand in a line.
local function line(last)
  return testkit.network {
    { name = "node-a", main = MASTER }, "node-b", { name = "node-c", main = last or NODE },
    links = { { "node-a", "node-b", latency_ms = 4 }, { "node-b", "node-c", latency_ms = 8 } },
    main = NODE,
  }
end

local function get(net, path, given)
  given = given or {}
  local answer = assert(net:request(given.from or "node-b", given.of or "node-a", {
    command = "get", path = path, query = given.query, address = given.address,
  }))
  return json.decode(answer.body), answer.status
end

local function state(net, given)
  return (get(net, "/overview/state", given))
end

local function node_of(net, name, given)
  for _, node in ipairs(state(net, given).nodes) do
    if node.name == name then
      return node
    end
  end
end

-- The newest event of a kind.
local function event_of(net, kind)
  for _, event in ipairs(state(net).events) do
    if event.kind == kind then
      return event
    end
  end
end

describe("a master", function()
  local net

  after_each(function()
    net:close()
  end)

  it("knows all nodes, their links and what goes over them", function()
    net = line()
    local alice, bob = net:client "node-b", net:client "node-c"
    alice:subscribe("garden", "roses")
    bob:subscribe("garden", "roses")
    for number = 1, 30 do
      alice:send("garden", "message " .. number)
    end
    net:advance(15)
    local now = state(net)
    assert.equal("node-a", now.master)
    assert.equal(3, now.network.nodes)
    assert.equal(2, now.network.clients)
    assert.equal(1, now.network.channels)
    assert.same({ "node-a", "node-b", "node-c" }, { now.nodes[1].name, now.nodes[2].name, now.nodes[3].name })
    assert.same({ "node-a node-b", "node-b node-c" },
      { now.links[1].a .. " " .. now.links[1].b, now.links[2].a .. " " .. now.links[2].b })
    assert.is_near(4, now.links[1].latency_ms, 1)
    assert.same({ "node-b", "node-c" }, now.channels[1].nodes)
    assert.is_true(now.channels[1].protected)
    assert.equal(2, now.channels[1].clients)
    assert.equal(now.channels[1].messages_per_second, now.network.messages_per_second)
    local node = now.nodes[3]
    assert.same({ "up", "us", "good", 1, false, false },
      { node.state, node.region, node.health, node.generation, node.is_plain, node.is_master })
    assert.is_true(now.nodes[1].is_master)
    assert.is_true(node.memory_total > 0)
  end)

  it("loses a node that dies, and takes it back", function()
    net = line()
    net:advance(15)
    local joined_at = node_of(net, "node-c").joined_at
    net:crash "node-c"
    net:advance(60)
    local lost = node_of(net, "node-c")
    assert.equal("lost", lost.state)
    assert.is_nil(lost.clients)
    assert.equal("node-c", event_of(net, "left").node)
    assert.equal(2, state(net).network.nodes)
    net:start "node-c"
    assert(net:settle())
    net:advance(15)
    local back = node_of(net, "node-c")
    assert.same({ "up", joined_at }, { back.state, back.joined_at })
    assert.matches("^is back after .*, started anew$", event_of(net, "joined").text)
  end)

  it("sees another node's reload", function()
    net = line()
    net:advance(15)
    assert(net:reload "node-c")
    net:advance(15)
    local event = event_of(net, "reloaded")
    assert.same({ "node-c", "generation 2 serves" }, { event.node, event.text })
    assert.equal(2, node_of(net, "node-c").generation)
  end)

  it("sees a network fall apart and come together", function()
    net = line()
    net:advance(15)
    net:partition({ "node-a", "node-b" }, { "node-c" })
    net:advance(60)
    assert.equal("lost", node_of(net, "node-c").state)
    assert.equal(1, #state(net).links)
    net:heal()
    assert(net:settle())
    net:advance(20)
    assert.equal("up", node_of(net, "node-c").state)
    assert.equal(2, #state(net).links)
    assert.matches("^is back after", event_of(net, "joined").text)
    assert.is_nil(event_of(net, "joined").text:find("started anew", 1, true))
  end)

  it("forgets nothing in its own reload", function()
    net = line()
    net:advance(15)
    net:crash "node-c"
    net:advance(60)
    local before = state(net)
    assert(net:reload "node-a")
    local after = state(net)
    assert.same(before.nodes[2].joined_at, after.nodes[2].joined_at)
    assert.equal("lost", after.nodes[3].state)
    assert.equal("reloaded", after.events[1].kind)
    assert.same(before.events, table.move(after.events, 2, #after.events, 1, {}))
  end)

  it("is one of two that know the same", function()
    net = line(MASTER)
    net:advance(30)
    local one, other = state(net), state(net, { from = "node-b", of = "node-c" })
    assert.same({ "node-a", "node-c" }, { one.master, other.master })
    for place, node in ipairs(one.nodes) do
      assert.equal(node.name, other.nodes[place].name)
      assert.equal(node.name ~= "node-b", node.is_master)
    end
    assert.equal(#one.links, #other.links)
  end)

  it("believes no lies", function()
    net = line()
    net:advance(15)
    for _, lie in ipairs {
      { relay = 5 }, { relay = { channels = { 1, {}, ("x"):rep(1000) }, clients = -1 } }, { ok = false },
      { relay = { clients = 1e300, channels = "x" }, network = { packets = { ["15s"] = "many" } } },
    } do
      net:request("node-a", "node-c", { command = "lie", lie = lie })
      net:advance(15)
      local node = node_of(net, "node-c")
      assert.equal("up", node.state)
      assert.is_nil(node.clients)
      assert.same({}, state(net).channels)
    end
    assert.same({}, net:log("node-a", "handler failed"))
  end)

  it("sends clients to the nearest node", function()
    net = line()
    net:advance(15)
    local function nearest(given)
      local answer, status = get(net, "/nearest", given)
      return status == 200 and answer.node or answer.reason, answer
    end
    assert.equal("node-a", (nearest { query = "region=eu" }))
    local first, answer = nearest { address = "10.1.2.3" }
    assert.equal("node-b", first)
    assert.same({ true, "ws://node-b/connect", 2 }, { answer.ok, answer.host, #answer.nodes })
    -- whoever was sent there counts until the next round
    assert.equal("node-c", (nearest { address = "10.1.2.3" }))
    net:crash "node-c"
    net:advance(60)
    for _ = 1, 3 do
      assert.equal("node-b", (nearest { query = "region=us" }))
    end
  end)
end)
