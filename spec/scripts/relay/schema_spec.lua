local schema = require "relay.schema"

describe("relay.schema", function()
  it("has the documented defaults", function()
    assert.are.same({
      listen = { { host = "0.0.0.0", port = 8080 } },
      peers = {},
      pool = 8,
      master = false,
      reserve = "available",
      limits = {
        message_bytes = 65536,
        connections = 100000,
        connections_per_address = 1000,
        channels_per_client = 100,
        messages_per_second = 1000,
        burst = 2000,
        send_queue_bytes = 1048576,
        hash_queue = 1024,
      },
      health = { latency_ms = 10 },
      history = { path = "history.db", bytes = 268435456 },
      drain_seconds = 10,
      keep_alive_seconds = 25,
      log = { level = "info", format = "text" },
    }, schema.defaults())
  end)

  it("gives fresh defaults each time", function()
    schema.defaults().limits.burst = 1
    assert.are.equal(2000, schema.defaults().limits.burst)
  end)

  it("takes every key of the documentation", function()
    local checked, message = schema.node {
      name = "node-a",
      listen = "0.0.0.0:8080",
      host = "wss://node-a.example.com/",
      region = "eu-west.1",
      token = "secret",
      settings = { jwt_secret = "s", regions = { "eu", "us" } },
      peers = { { name = "node-b", url = "wss://node-b.example.com/node", token = "t" } },
      pool = 8,
      master = false,
      reserve = "majority",
      policies = "policies",
      tls = { cert = "a.pem", key = "b.pem", ca = "c.pem" },
      admin = { listen = "127.0.0.1:8081", token = "admin", channel_metrics = 10000 },
      control = "node-a.sock",
      limits = { message_bytes = 1, connections = 1, connections_per_address = 0, channels_per_client = 1,
        messages_per_second = 0, burst = 1, send_queue_bytes = 1024, hash_queue = 1 },
      health = { latency_ms = 0.5 },
      history = { path = "h.db", bytes = 1048576 },
      drain_seconds = 0,
      keep_alive_seconds = 1,
      log = { level = "debug", format = "json" },
    }
    assert.is_nil(message)
    assert.are.same({ { host = "0.0.0.0", port = 8080 } }, checked.listen)
    assert.are.same({ host = "127.0.0.1", port = 8081 }, checked.admin.listen)
  end)

  it("has its own default within each key's range", function()
    local defaults = schema.defaults()
    defaults.listen, defaults.peers = nil, nil
    assert.is_table((schema.node(defaults)))
  end)

  it("takes a name of 64 characters and refuses 65", function()
    assert.is_table((schema.node { name = ("n"):rep(64) }))
    assert.is_nil((schema.node { name = ("n"):rep(65) }))
    assert.is_nil((schema.node { name = "" }))
    assert.is_nil((schema.node { name = "a b" }))
  end)

  it("never shows a token", function()
    local _, message = schema.node { token = "my secret" }
    assert.is_nil(message:find("secret", 1, true))
  end)

  it("gives the history a MiB at least", function()
    assert.is_nil((schema.node { history = { bytes = 1048575 } }))
    assert.is_nil((schema.node { history = { path = "" } }))
  end)

  it("refuses an address that is no WebSocket's", function()
    assert.is_nil((schema.node { host = "https://example.com" }))
    assert.is_nil((schema.node { peers = { { name = "b", url = "example.com", token = "t" } } }))
  end)

  it("takes 0 to 10000 channels with metrics of their own", function()
    assert.is_table((schema.node { admin = { channel_metrics = 0 } }))
    assert.is_nil((schema.node { admin = { channel_metrics = 10001 } }))
    assert.is_nil((schema.node { admin = { channel_metrics = -1 } }))
    assert.is_nil((schema.node { admin = { channel_metrics = 1.5 } }))
  end)

  it("refuses an empty list of listeners", function()
    assert.is_nil((schema.node { listen = {} }))
  end)
end)
