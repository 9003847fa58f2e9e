local fake_relay = require "spec.support.fake_relay"

-- What the ten commands decide; tests/unit/test_script_inm.c has their responses byte for byte.
describe("scripts/inm", function()
  local fake

  before_each(function()
    fake = fake_relay.install()
  end)
  after_each(fake_relay.remove)

  local function call(name, data)
    return fake_relay.handler(fake, name) { command = name, source = "node-c", data = data or {} }
  end

  it("list-nodes names the peers", function()
    fake.peers = { { name = "b" }, { name = "d" } }
    assert.are.same({ nodes = { "b", "d" } }, call "list-nodes")
  end)

  it("list-channels leaves out what stays on this node", function()
    fake.channels = {
      { name = "a", scope = "network" },
      { name = "b", scope = "node" },
      { name = "c", scope = "list" },
    }
    local channels = call("list-channels").channels
    assert.are.same({ "a", "c" }, { channels[1].name, channels[2].name })
    assert.are.equal(2, #channels)
  end)

  it("list-reserved-channels lets our own kind compare digests", function()
    fake.reserved = { { name = "a", password = "00", node = "b" } }
    fake.engine.handle_level = function() return false end
    assert.are.same({ channels = { { name = "a", password = "00" } } }, call "list-reserved-channels")
    fake.engine.handle_level = function() return "raw" end
    assert.are.equal("raw", call "list-reserved-channels")
  end)

  it("reserve-channel and unreserve-channel answer what the claims say", function()
    fake.engine.handle_reserve = function() return "vote" end
    fake.engine.handle_unreserve = function() return false end
    assert.are.equal("vote", call "reserve-channel")
    assert.is_false(call "unreserve-channel")
  end)

  it("get-connection-token refuses what is no name", function()
    fake.relay.new_token = function(node)
      return node == "node-c" and "t" or nil, "invalid name"
    end
    assert.are.same({ token = "t" }, call("get-connection-token", { node = "node-c" }))
    assert.are.same({ nil, "invalid data" }, { call("get-connection-token", { node = "a b" }) })
    assert.are.same({ nil, "invalid data" }, { call "get-connection-token" })
  end)

  it("get-node-connection asks the peer for a token for the asker", function()
    fake.peers = { { name = "node-b", host = "wss://b/" } }
    fake.answers["node-b get-connection-token node-c"] = { ok = true, token = "t" }
    assert.are.same({ host = "wss://b/", token = "t" }, call("get-node-connection", { node = "node-b" }))
  end)

  it("get-node-connection of this node answers by itself", function()
    fake.relay.new_token = function(node) return "for " .. node end
    local answer = call("get-node-connection", { node = "node-a" })
    assert.are.same({ host = "wss://a.example.com/", token = "for node-c" }, answer)
  end)

  it("get-node-connection says what went wrong", function()
    fake.peers = { { name = "node-b" } }
    local function reason(data)
      return select(2, call("get-node-connection", data))
    end
    assert.are.equal("target not connected", reason { node = "node-x" })
    assert.are.equal("timed out", reason { node = "node-b" })
    assert.are.equal("invalid data", reason { node = 1 })
    fake.answers["node-b get-connection-token node-c"] = { ok = false }
    assert.are.equal("no token", reason { node = "node-b" })
  end)

  it("get-latency is a peer's", function()
    fake.relay.latency = function(node)
      return node == "node-b" and 0.45 or nil, "target not connected"
    end
    assert.are.same({ latency = 0.45 }, call("get-latency", { node = "node-b" }))
    assert.are.same({ nil, "target not connected" }, { call("get-latency", { node = "node-x" }) })
    assert.are.same({ nil, "invalid data" }, { call "get-latency" })
  end)

  it("node-stats says once that channels do not fit", function()
    fake.relay.stats = function() return { relay = {} }, 3 end
    local handler = fake_relay.handler(fake, "node-stats")
    assert.are.same({ relay = {} }, handler {})
    handler {}
    assert.are.same({ "warn node-stats: 3 channels do not fit in a packet" }, fake.log)
  end)

  it("host-stats hands on what the host says", function()
    fake.relay.host_stats = function() return nil, "system error" end
    assert.are.same({ nil, "system error" }, { call "host-stats" })
  end)
end)
