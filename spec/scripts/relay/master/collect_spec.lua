local fake_master = require "spec.support.fake_master"

describe("relay.master.collect", function()
  local fake, collect, nodes, events

  before_each(function()
    fake = fake_master.install()
    collect = require "relay.master.collect"
    nodes = require "relay.master.nodes"
    events = {}
  end)
  after_each(fake_master.remove)

  local function open()
    return collect.new(nodes.new {
      now = function() return fake.time end,
      tell = function(kind, node) events[#events + 1] = kind .. " " .. node end,
      forget = function() end,
    })
  end

  -- A node that the mesh knows, and what it answers.
  local function add(name, peers, ...)
    fake.nodes = fake.nodes or {}
    table.insert(fake.nodes, { name = name, is_plain = false })
    fake.answers[name .. " node-stats"] = fake_master.stats(...)
    fake.answers[name .. " host-stats"] = { cpu = { ["1m"] = 0.5 } }
    fake.answers[name .. " node-info"] = { version = "0.1.0", peers = peers }
  end

  it("asks every node, and this one", function()
    add("node-b", {}, "garden")
    add("node-c", {}, "garden", "lobby")
    local rounds = open()
    rounds:round(1000, true)
    assert.are.same({ "node-a", "node-b", "node-c" }, rounds.nodes:names())
    assert.are.equal(6, #fake.asked)
    assert.are.equal(1, rounds.rounds)
    assert.are.same({
      nodes = 3, clients = 3, channels = 2, messages_per_second = 2, kbits_per_second = 3,
    }, rounds.network)
    assert.are.equal("garden", rounds.channels[1].name)
    assert.are.same({ "node-b", "node-c" }, rounds.channels[1].nodes)
  end)

  it("counts a message of the network once, where channels go to all nodes", function()
    add("node-b", {}, "garden", "lobby", "news")
    local rounds = open()
    rounds:round(1000, true)
    assert.are.equal(3, rounds.network.messages_per_second)
    assert.are.equal(4.5, rounds.network.kbits_per_second)
  end)

  it("draws each link once, with the latency that the smaller name measured", function()
    fake.peers = { { name = "node-b", latency_ms = 1 }, { name = "node-c" } }
    add("node-b", { { name = "node-a", latency_ms = 2 }, { name = "node-c", latency_ms = 4 } })
    add("node-c", {
      { name = "node-b", latency_ms = 5 }, { name = "node-a", latency_ms = 3 },
      { name = "nobody" }, { name = "node-c" },
    })
    local rounds = open()
    rounds:round(1000, true)
    assert.are.same({
      { a = "node-a", b = "node-b", latency_ms = 1 },
      { a = "node-a", b = "node-c", latency_ms = 3 },
      { a = "node-b", b = "node-c", latency_ms = 4 },
    }, rounds.links)
  end)

  it("gives the history those that answered, and nobody else", function()
    add("node-b", {}, "garden")
    add("node-c", {}, "garden")
    local rounds = open()
    rounds:round(1000, true)
    fake.answers["node-c node-stats"] = nil
    rounds:round(1015, true)
    local samples = rounds:samples(1015)
    table.sort(samples.nodes, function(a, b) return a.name < b.name end)
    assert.are.equal(2, #samples.nodes)
    assert.are.equal(0.1, samples.nodes[1].load)
    assert.are.same({
      name = "node-b", clients = 1, channels = 1, messages_per_second = 2, kbits_per_second = 3, load = 0.5,
    }, samples.nodes[2])
    assert.are.equal("garden", samples.channels[1].name)
    assert.are.equal(rounds.network, samples.network)
  end)

  it("loses who is silent for two rounds, and takes him back", function()
    add("node-b", { { name = "node-a" } }, "garden")
    local rounds = open()
    rounds:round(1000, true)
    local stats = fake.answers["node-b node-stats"]
    fake.answers["node-b node-stats"] = nil
    rounds:round(1015, true)
    assert.are.equal(2, rounds.network.nodes)
    assert.are.equal(1, #rounds.links)
    rounds:round(1030, true)
    assert.are.equal(1, rounds.network.nodes)
    assert.are.same({}, rounds.links)
    fake.answers["node-b node-stats"] = stats
    rounds:round(1045, true)
    assert.are.same({ "joined node-a", "joined node-b", "left node-b", "joined node-b" }, events)
  end)

  it("goes on when an answer breaks it", function()
    add("node-b", {}, "garden")
    fake.relay.request = function() error "broken" end
    local rounds = open()
    rounds:round(1000, true)
    assert.are.equal(1, rounds.rounds)
    assert.matches("^error overview: a node's answer: .*broken$", fake.log[1])
  end)

  it("does not wait for ever for a worker that was ended from outside", function()
    add("node-b", {}, "garden")
    fake.relay.after = function() end
    local slept = 0
    fake.relay.sleep = function(seconds) slept = slept + seconds end
    local rounds = open()
    rounds:round(1000, true)
    assert.is_near(12, slept, 0.1)
    assert.are.equal(1, rounds.rounds)
  end)

  it("does not take an answer that comes after the round", function()
    add("node-b", {}, "garden")
    local late
    fake.relay.after = function(_, worker) late = worker end
    local rounds = open()
    rounds:round(1000, true)
    late()
    assert.are.same({ "node-a" }, rounds.nodes:names())
  end)

  it("asks nobody whose name cannot be one", function()
    fake.nodes = { { name = "*" }, { name = "a\nb" }, { name = ("x"):rep(129) } }
    open():round(1000, true)
    assert.are.same({}, fake.asked)
  end)
end)
