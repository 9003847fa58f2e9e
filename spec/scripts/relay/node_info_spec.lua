local fake_relay = require "spec.support.fake_relay"

describe("relay.node_info", function()
  local fake, node_info

  before_each(function()
    fake = fake_relay.install()
    fake.engine.boot = function() return 1795389987.5 end
    fake.engine.status = function()
      return {
        version = "0.1.0", pid = 77, generation = 3, uptime_seconds = 12.5, clients = 5, channels = 2,
        draining = false, health = "degraded", health_reason = "high latency", scripts_bytes = 1,
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
    }, node_info.read())
  end)

  it("answers the command", function()
    fake_relay.handler(fake, "node-info")
    assert.are.equal(node_info.read, fake.commands["node-info"])
  end)
end)
