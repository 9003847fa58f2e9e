local testkit = require "relay.testkit"

local OK = { ok = true }
local LINE = { { "node-a", "node-b" }, { "node-b", "node-c" } }

local function line()
  return testkit.network { "node-a", "node-b", "node-c", links = LINE, main = "tests/testkit/node/main.lua" }
end

describe("a network", function()
  it("in two pieces knows only its own, and heals", function()
    local net = line()
    net:partition({ "node-a" }, { "node-b", "node-c" })
    assert.is_true(net:settle())
    assert.same({}, net:nodes "node-a")
    assert.same({ "node-c" }, net:nodes "node-b")
    net:heal()
    assert.is_true(net:settle())
    assert.same({ "node-b", "node-c" }, net:nodes "node-a")
  end)

  it("carries messages again once it healed", function()
    local net = line()
    local alice, carol = net:client "node-a", net:client "node-c"
    alice:subscribe "channel"
    carol:subscribe "channel"
    net:partition { "node-a" }
    net:advance(30)
    alice:send("channel", "lost")
    assert.is_nil(carol:receive(5))
    net:heal()
    net:settle()
    alice:send("channel", "found")
    assert.same({ channel = "channel", message = "found" }, carol:receive())
  end)

  it("takes a name back that two pieces gave away", function()
    local net = line()
    net:partition({ "node-a" }, { "node-b", "node-c" })
    net:advance(30)
    local alice, carol = net:client "node-a", net:client "node-c"
    assert.same(OK, alice:subscribe("channel", "one"))
    assert.same(OK, carol:subscribe("channel", "other"))
    net:heal()
    net:settle()
    net:advance(10)
    local told = #alice:messages() + #carol:messages()
    assert.equal(1, told)
    assert.equal(1, #net:channels "node-a" + #net:channels "node-c")
  end)

  it("tells of what is taken back with its type", function()
    local net = line()
    net:partition({ "node-a" }, { "node-b", "node-c" })
    net:advance(30)
    local alice, carol = net:client "node-a", net:client "node-c"
    alice:subscribe("channel", "one")
    carol:subscribe("channel", "other")
    net:heal()
    net:settle()
    net:advance(10)
    assert.same({ type = "unsubscribed", channel = "channel", reason = "channel already reserved" },
      alice:receive() or carol:receive())
  end)

  it("does not settle while it cannot", function()
    local net = line()
    net:partition { "node-a" }
    local is_settled, reason = net:settle(2)
    assert.is_nil(is_settled)
    assert.matches("still knows", reason)
    assert.is_true(net:settle())
  end)

  it("loses a node that crashes, and has it again", function()
    local net = line()
    assert.is_true(net:is_alive "node-c")
    net:crash "node-c"
    assert.is_false(net:is_alive "node-c")
    assert.is_true(net:settle())
    assert.same({ "node-b" }, net:nodes "node-a")
    local data, reason = net:request("node-a", "node-c", { command = "say-hello" })
    assert.is_nil(data)
    assert.is_string(reason)
    net:start "node-c"
    assert.is_true(net:settle())
    assert.same({ "node-b", "node-c" }, net:nodes "node-a")
    assert.same({}, net:channels "node-c")
  end)

  it("counts out a node that left, on those that start later, too", function()
    local links = { LINE[1], LINE[2], { "node-a", "node-d" } }
    local main = "tests/testkit/node/main.lua"
    local net = testkit.network { "node-a", "node-b", "node-c", "node-d", links = links, main = main }
    net:settle()
    net:stop "node-c"
    assert.is_false(net:is_alive "node-c")
    assert.same({ "node-a", "node-b" }, net:nodes "node-d")
    net:advance(25)
    net:stop "node-d"
    net:start "node-d"
    net:advance(3)
    assert.same({ "node-a", "node-b" }, net:nodes "node-d")
    local before = net:time()
    assert.same(OK, net:client("node-d"):subscribe "channel")
    assert.is_true(net:time() - before < 1)
    assert.equal(1, #net:log("node-d", "node down")) -- in its first life
    net:start "node-c"
    assert.is_true(net:settle())
    assert.same({ "node-a", "node-b", "node-c" }, net:nodes "node-d")
  end)

  it("links again what was cut", function()
    local net = line()
    net:cut("node-a", "node-b")
    net:advance(60)
    assert.is_true(net:settle())
    assert.same({ "node-b" }, net:peers "node-a")
    assert.equal(1, #net:log("node-a", "peer down"))
  end)

  it("frees a crashed node's channels for others", function()
    local net = line()
    local carol = net:client "node-c"
    carol:subscribe("channel", "hers")
    net:crash "node-c"
    net:advance(60)
    assert.same(OK, net:client("node-a"):subscribe("channel", "his"))
  end)

  it("refuses to crash or start a node twice", function()
    local net = line()
    assert.has_error(function()
      net:start "node-a"
    end, "node-a runs already")
    net:crash "node-a"
    assert.has_error(function()
      net:crash "node-a"
    end, "node-a does not run")
  end)
end)
