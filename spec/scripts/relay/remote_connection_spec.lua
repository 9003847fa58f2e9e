local fake_relay = require "spec.support.fake_relay"

describe("relay.remote_connection", function()
  local fake, remote_connection

  before_each(function()
    fake = fake_relay.install()
    remote_connection = require "relay.remote_connection"
    fake.peers = { { name = "node-b", is_dialled = true } }
    fake.answers["node-b list-nodes"] = { nodes = { "node-a", "node-c", 5 } }
    fake.answers["node-b get-node-connection node-c"] = {
      ok = true,
      host = "nodec.example.com",
      token = "token123",
    }
    fake.chosen = { "node-b", "node-c" }
  end)
  after_each(fake_relay.remove)

  it("dials what the notes' flow finds", function()
    remote_connection.round()
    assert.are.same({ "node-b list-nodes", "node-b get-node-connection node-c" }, fake.asked)
    local peer = { name = "node-c", url = "wss://nodec.example.com/node", token = "token123" }
    assert.are.same(peer, fake.dialled[1])
    assert.are.equal(1, #fake.dialled)
    assert.are.equal(2, #fake.candidates)
  end)

  it("asks a node that is no peer's peer for itself", function()
    fake.answers["node-b list-nodes"] = { nodes = fake.relay.null }
    fake.nodes = { { name = "node-c" } }
    fake.answers["node-c get-node-connection node-c"] = { ok = true, host = "wss://c/", token = "t" }
    remote_connection.round()
    assert.are.equal("wss://c/node", fake.dialled[1].url)
  end)

  it("leaves a node without a host alone, and longer each time", function()
    fake.answers["node-b get-node-connection node-c"] = { ok = true, token = "t" }
    local asked = {}
    for round = 1, 8 do
      fake.asked = {}
      remote_connection.round()
      asked[round] = #fake.asked == 2
    end
    assert.are.same({ true, true, false, true, false, false, false, true }, asked)
    assert.are.same({}, fake.dialled)
    assert.are.equal("debug remote connection: node-c: it said no host", fake.log[1])
  end)

  it("tries again after a dial that failed, and never logs the token", function()
    fake.dial_error = "forbidden"
    remote_connection.round()
    remote_connection.round()
    assert.are.equal(2, #fake.dialled)
    for _, line in ipairs(fake.log) do
      assert.is_nil(line:find("token123", 1, true))
    end
  end)

  it("keeps what it has when the policy fails", function()
    fake.chosen = nil
    remote_connection.round()
    assert.are.same({}, fake.dialled)
    assert.are.same({}, fake.dropped)
  end)

  it("drops a peer that can be spared when its place is wanted", function()
    fake.pool, fake.chosen = 1, { "node-c" }
    fake.answers["node-b list-nodes"] = { nodes = { "node-a", "node-c", "d", "e", "f", "g" } }
    remote_connection.round()
    local is_ring = false
    for _, candidate in ipairs(fake.candidates) do
      is_ring = is_ring or candidate.name == "node-b" and candidate.ring
    end
    assert.are.same(is_ring and {} or { "node-b" }, fake.dropped)
  end)

  it("drops nobody for a node that cannot be had", function()
    fake.pool, fake.chosen = 1, { "node-c" }
    fake.answers["node-b list-nodes"] = { nodes = { "node-a", "node-c", "d", "e", "f", "g" } }
    fake.answers["node-b get-node-connection node-c"] = { ok = false, reason = "target not connected" }
    remote_connection.round()
    assert.are.same({}, fake.dropped)
    assert.are.equal("debug remote connection: node-c: target not connected", fake.log[1])
  end)

  it("runs one round at a time, and one more when something happened meanwhile", function()
    remote_connection.install()
    local up = fake.events.peer_up[1]
    local choose, rounds = fake.engine.choose_peers, 0
    fake.engine.choose_peers = function(...)
      rounds = rounds + 1
      if rounds == 1 then
        up { name = "node-x" }
      end
      return choose(...)
    end
    up { name = "node-b" }
    assert.are.equal(2, rounds)
  end)

  it("goes on after a round that failed", function()
    fake.engine.choose_peers = function()
      error "broken"
    end
    remote_connection.start()
    assert.matches("^error remote connection: .*broken$", fake.log[1])
    fake.log = {}
    remote_connection.start()
    assert.are.equal(1, #fake.log)
  end)
end)
