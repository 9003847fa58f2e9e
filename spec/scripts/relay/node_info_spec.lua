local fake_relay = require "spec.support.fake_relay"
local figures = require "spec.support.figures"

describe("relay.node_info", function()
  local fake, node_info

  before_each(function()
    fake = fake_relay.install()
    fake.engine.boot = function() return 1795389987.5 end
    fake.engine.status = function()
      return {
        version = "0.1.0", pid = 77, generation = 3, uptime_seconds = 12.5, clients = 5, channels = 2,
        draining = false, health = "degraded", health_reason = "high latency", scripts_bytes = 1,
        policy_failures = 1, handler_failures = 2, reloads_refused = 3, reload_refusal = "main.lua:6: secret",
      }
    end
    fake.engine.figures = function()
      return figures.new {
        resident_bytes = 1 << 20, cpu_seconds = 0.5, client_queued_bytes = 4, peer_queued_bytes = 50,
        peer_count = 2, frames_dropped_slow = 6, tree_dropped = 70, clients_too_slow = 8,
        connections_refused_full = 9, connections_refused_address = 100, handshakes_refused = 1000,
        turn_seconds = 0.25,
      }
    end
    fake.engine.configuration = function()
      return {
        region = "eu", master = true, token = "secret", admin = { token = "secret" },
        peers = { { name = "node-b", url = "wss://b/node", token = "secret" } },
      }
    end
    fake.peers = { { name = "node-b", latency_ms = 0.4567, host = "wss://b/" }, { name = "node-c" } }
    package.loaded["relay.node_info"] = nil
    node_info = require "relay.node_info"
  end)

  after_each(function()
    package.loaded["relay.node_info"] = nil
    fake_relay.remove()
  end)

  it("tells this much and no more", function()
    assert.are.same({
      name = "node-a", version = "0.1.0", generation = 3, started_at = 1795389987.5, uptime_seconds = 12.5,
      host = "wss://a.example.com/", region = "eu", draining = false, master = true,
      health = "degraded", reason = "high latency", clients = 5,
      peers = { { name = "node-b", latency_ms = 0.46 }, { name = "node-c" } },
      process = {
        resident_bytes = 1 << 20, cpu_seconds = 0.5, queued_bytes = 54, links = 2, messages_dropped = 76,
        slow_clients = 8, connections_refused = 109, policy_failures = 1, handler_failures = 2,
        reloads_refused = 3, loop_busy_ms = 250,
      },
    }, node_info.read())
  end)

  it("answers the command", function()
    fake_relay.handler(fake, "node-info")
    assert.are.equal(node_info.read, fake.commands["node-info"])
  end)
end)
