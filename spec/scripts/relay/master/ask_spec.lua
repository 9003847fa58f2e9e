local fake_master = require "spec.support.fake_master"

describe("relay.master.ask", function()
  local fake, ask

  before_each(function()
    fake = fake_master.install()
    ask = require "relay.master.ask"
    fake.answers["node-b node-stats"] = fake_master.stats "garden"
    fake.answers["node-b host-stats"] = { cpu = { ["1m"] = 0.5 } }
    fake.answers["node-b node-info"] = { version = "0.1.0", peers = { { name = "node-a", latency_ms = 1 } } }
  end)
  after_each(fake_master.remove)

  it("asks a node for everything in a full round", function()
    local told = ask.node("node-b", false, true)
    assert.are.same({ "node-b node-stats", "node-b node-info", "node-b host-stats" }, fake.asked)
    assert.is_false(told.is_plain)
    assert.are.equal(1, told.stats.clients)
    assert.are.equal(0.5, told.host.load)
    assert.are.same({ { name = "node-a", latency_ms = 1 } }, told.peers)
  end)

  it("lets its host stand in a light one", function()
    local host = { load = 7, disks = {} }
    local told = ask.node("node-b", false, false, { is_plain = false, peers = {}, host = host })
    assert.are.same({ "node-b node-stats", "node-b node-info" }, fake.asked)
    assert.are.equal(host, told.host)
  end)

  it("knows no host that did not answer in a full one", function()
    fake.answers["node-b host-stats"] = nil
    assert.is_nil(ask.node("node-b", false, true, { is_plain = false, peers = {}, host = {} }).host)
  end)

  it("asks no more of a node that is silent", function()
    assert.is_nil(ask.node("node-x", false, true))
    assert.are.same({ "node-x node-stats" }, fake.asked)
  end)

  it("asks a plain node for its peers, and its latency to each", function()
    fake.answers["node-b list-nodes"] = { nodes = { "node-a", "node-c" } }
    fake.answers["node-b get-latency node-a"] = { ok = true, latency = 0.45 }
    local told = ask.node("node-b", true, true)
    assert.is_true(told.is_plain)
    assert.is_nil(told.info)
    assert.are.same({ { name = "node-a", latency_ms = 0.45 }, { name = "node-c" } }, told.peers)
    assert.are.same({
      "node-b node-stats", "node-b host-stats", "node-b list-nodes", "node-b get-latency node-a",
      "node-b get-latency node-c",
    }, fake.asked)
  end)

  it("asks a plain node for the latency to 32 at most", function()
    local names = {}
    for number = 1, 33 do
      names[number] = "n" .. number
    end
    fake.answers["node-b list-nodes"] = { nodes = names }
    assert.are.equal(33, #ask.node("node-b", true, true).peers)
    assert.are.equal("node-b get-latency n32", fake.asked[35])
    assert.are.equal(35, #fake.asked)
  end)

  it("gives up a plain node's latencies after five seconds, figures are there before", function()
    fake.answers["node-b list-nodes"] = { nodes = { "n1", "n2", "n3", "n4", "n5" } }
    local limits, request = {}, fake.relay.request
    fake.relay.request = function(name, data, seconds)
      if data.command == "get-latency" then
        limits[#limits + 1] = seconds
        fake.time = fake.time + math.min(seconds, 2)
      end
      return request(name, data, seconds)
    end
    local told = ask.node("node-b", true, true)
    assert.are.same({ 2.5, 2.5, 1 }, limits)
    assert.are.equal(5, #told.peers)
    assert.are.equal(0.5, told.host.load)
  end)

  it("takes a node that does not know node-info for a plain one", function()
    fake.answers["node-b node-info"] = { ok = false, reason = "unknown command" }
    local told = ask.node("node-b", false, false)
    assert.is_true(told.is_plain)
    assert.are.same({ "node-b node-stats", "node-b node-info" }, fake.asked)
  end)

  it("keeps what a node said when it says nothing this time", function()
    fake.answers["node-b node-info"] = nil
    local before = { is_plain = false, info = { version = "0.1.0", peers = { { name = "x" } } }, peers = {} }
    local told = ask.node("node-b", false, false, before)
    assert.are.equal(before.info, told.info)
    assert.are.same({ { name = "x" } }, told.peers)
    assert.is_false(told.is_plain)
  end)

  it("takes nonsense for an answer, and nothing from it", function()
    for _, command in ipairs { "node-stats", "node-info", "host-stats", "list-nodes" } do
      fake.answers["node-b " .. command] = { relay = 5, version = {}, cpu = { -1 }, nodes = "x" }
    end
    assert.are.same({ is_plain = true, peers = {}, host = { disks = {} } }, ask.node("node-b", false, true))
  end)

  it("tells the same of this node, and asks nobody", function()
    fake.peers = { { name = "node-b", latency_ms = 0.5 } }
    local told = ask.myself(true)
    assert.are.same({}, fake.asked)
    assert.are.equal("0.1.0", told.info.version)
    assert.are.equal(0.1, told.host.load)
    assert.are.same({ { name = "node-b", latency_ms = 0.5 } }, told.peers)
    assert.are.equal(0.1, ask.myself(false, told).host.load)
    assert.is_nil(ask.myself(false).host)
  end)
end)
