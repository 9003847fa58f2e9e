local testkit = require "relay.testkit"

local OK = { ok = true }

describe("a client", function()
  local net

  before_each(function()
    net = testkit.network { "node-a", "node-b", main = "tests/testkit/node/main.lua" }
  end)

  it("comes in as client_auth says", function()
    assert.is_table(net:client "node-a")
    assert.is_table(net:client("node-a", { origin = "https://good.example.com" }))
  end)

  it("that is refused is nil, a reason and a status", function()
    local evil = { origin = "https://evil.example.com" }
    assert.same({ nil, "not from there", 403 }, { net:client("node-a", evil) })
    assert.same({ nil, "pay first", 402 }, { net:client("node-a", { query = "status" }) })
  end)

  it("shows the policy its address and the headers that a node would show", function()
    local _, reason = net:client("node-a", {
      address = "198.51.100.7",
      origin = "https://o.example.com",
      query = "seen",
      headers = { ["X-Api-Key"] = "k", ["X-Other"] = "o", ["User-Agent"] = "spec" },
    })
    assert.equal("198.51.100.7 x-api-key=k x-other=nil user-agent=spec origin=https://o.example.com", reason)
  end)

  it("names the wrong key of its request", function()
    assert.has_error(function()
      net:client("node-a", { adress = "192.0.2.1" })
    end, "net:client: unknown key 'adress' (did you mean 'address'?)")
    assert.has_error(function()
      net:client "node-x"
    end, "there is no node 'node-x' (did you mean 'node-a'?)")
  end)

  it("subscribes, sends, receives and leaves, over the network too", function()
    local alice, bob, carol = net:client "node-a", net:client "node-a", net:client "node-b"
    assert.same(OK, alice:subscribe "channel")
    assert.same(OK, bob:subscribe "channel")
    assert.same(OK, carol:subscribe "channel")
    assert.same({ channels = { "channel" } }, alice:list())
    assert.same({ channels = { "channel" } }, carol:list "node")
    assert.same(OK, alice:send("channel", { text = "hi", list = testkit.array(), none = testkit.null }))
    local wanted = { channel = "channel", message = { text = "hi", list = {}, none = testkit.null } }
    assert.same(wanted, bob:receive())
    assert.same(wanted, carol:receive())
    assert.is_nil(alice:receive())
    assert.same(OK, bob:unsubscribe "channel")
    assert.same({ ok = false, reason = "not subscribed" }, bob:send("channel", 1))
    alice:send("channel", 1)
    alice:send("channel", 2)
    net:advance(1)
    local both = { { channel = "channel", message = 1 }, { channel = "channel", message = 2 } }
    assert.same(both, carol:messages())
    assert.same({}, carol:messages())
    assert.same({}, bob:messages())
  end)

  it("is refused with a wrong password, on another node too", function()
    local alice, bob = net:client "node-a", net:client "node-b"
    assert.same(OK, alice:subscribe("channel", "passwd"))
    assert.same({ ok = false, reason = "invalid password" }, bob:subscribe("channel", "guess"))
    assert.same({ ok = false, reason = "invalid password" }, bob:subscribe "channel")
    assert.same(OK, bob:subscribe("channel", "passwd"))
    assert.same({ { name = "channel", protected = true, subscribers = 1 } }, net:channels "node-b")
  end)

  it("meets the policies for channels and messages", function()
    local alice, bob = net:client("node-a", { query = "alice" }), net:client "node-b"
    assert.same(OK, alice:subscribe "private.alice")
    assert.same({ ok = false, reason = "it is another's" }, alice:subscribe "private.bob")
    assert.same(OK, alice:subscribe "talk")
    assert.same(OK, bob:subscribe "talk")
    assert.same(OK, alice:send("talk", "darn"))
    assert.same({ channel = "talk", message = "d***" }, bob:receive())
  end)

  it("waits in receive until something comes", function()
    local alice = net:client "node-a"
    local before = net:time()
    assert.is_nil(alice:receive(5))
    assert.is_near(5, net:time() - before, 0.05)
  end)

  it("sends a command as it is", function()
    local alice = net:client "node-a"
    assert.same({ ok = false, reason = "invalid command" }, alice:command { command = "dance" })
    assert.same({ ok = false, reason = "missing topic" }, alice:command { command = "subscribe", data = {} })
    assert.same({ channels = {} }, alice:command { command = "list", nonce = "mine" })
  end)

  it("sends a text as it is", function()
    local alice = net:client "node-a"
    assert.same({ ok = false, reason = "malformed json" }, alice:say "{")
    assert.same({ channels = {} }, alice:say [[{"command":"list"}]])
  end)

  it("is closed by the node for what a node closes", function()
    local alice = net:client "node-a"
    assert.is_nil(alice.closed)
    local data, reason = alice:say(("x"):rep(70000))
    assert.is_nil(data)
    assert.equal("closed: 1009 message too big", reason)
    assert.same({ code = 1009, reason = "message too big" }, alice.closed)
    data, reason = alice:subscribe "channel"
    assert.is_nil(data)
    assert.equal("closed: 1009 message too big", reason)
    local bob = net:client "node-a"
    assert.is_nil(bob:say "\xff")
    assert.same({ code = 1007, reason = "invalid utf-8" }, bob.closed)
  end)

  it("leaves, and its channels with it", function()
    local alice = net:client "node-a"
    alice:subscribe "channel"
    alice:close()
    alice:close()
    assert.same({ code = 1000, reason = "" }, alice.closed)
    assert.same({}, net:channels "node-a")
  end)

  it("loses its connection when its node crashes", function()
    local alice = net:client "node-a"
    net:crash "node-a"
    assert.same({ code = 1006, reason = "" }, alice.closed)
    assert.has_error(function()
      net:client "node-a"
    end, "node-a does not run")
  end)

  it("meets the limits of connections", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write [[require("relay").node { limits = { connections = 2, connections_per_address = 1 } }]]
    file:close()
    local small = testkit.network { "small", main = path }
    os.remove(path)
    assert.is_table(small:client("small", { address = "192.0.2.1" }))
    assert.same({ nil, "too many connections from one address", 429 },
      { small:client("small", { address = "192.0.2.1" }) })
    assert.is_table(small:client("small", { address = "192.0.2.2" }))
    assert.same({ nil, "full", 503 }, { small:client("small", { address = "192.0.2.3" }) })
  end)
end)
