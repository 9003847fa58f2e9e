local Peer = dofile "tests/testkit/support/plain_peer.lua"
local testkit = require "relay.testkit"

local ONE, TWO = ("1"):rep(64), ("2"):rep(64)

-- master — node-a — node-b, plain-p beside node-b, plain-q behind plain-p, plain-r beside node-a.
local function network(seed)
  local net = Peer.attach(testkit.network {
    { name = "master", main = "tests/testkit/master/main.lua" }, "node-a", "node-b",
    links = { { "node-a", "master" }, { "node-b", "node-a" } },
    main = "tests/testkit/node/main.lua",
    seed = seed,
  })
  local p, q, r = Peer.new(net, "plain-p"), Peer.new(net, "plain-q"), Peer.new(net, "plain-r")
  p:connect "node-b"
  net:advance(1)
  q:connect(p)
  r:connect "node-a"
  net:advance(3)
  return net, p, q, r
end

local function told(net)
  return assert(net:request("node-a", "master", { command = "mended" }))
end

local function texts(net)
  local list = {}
  for index, event in ipairs(told(net).events) do
    list[index] = event.node .. " " .. event.text
  end
  table.sort(list)
  return list
end

-- The names that a node of ours has reserved.
local function reserved_on(net, asker, node)
  local names = {}
  for index, channel in ipairs(net:request(asker, node, { command = "list-reserved-channels" }).channels) do
    names[index] = channel.name
  end
  table.sort(names)
  return names
end

describe("the master", function()
  it("mends plain peers, wherever they are, within three rounds", function()
    local net, p, q, r = network(1)
    local alice = net:client "node-a"
    assert.same({ ok = true }, alice:subscribe("garden", "passwd"))
    net:advance(1)
    local hash = p.reserved.garden
    assert.same({ hash, hash, 64 }, { q.reserved.garden, r.reserved.garden, #hash })
    p.reserved.garden, q.reserved.garden, r.reserved.ghost = nil, ONE, TWO
    net:advance(4)
    local right = { garden = hash }
    assert.same({ right, right, right }, { p.reserved, q.reserved, r.reserved })
    assert.same({
      "plain-p reserved 'garden', which is open on node-a",
      "plain-q replaced the password of 'garden', which is open on node-a",
      "plain-r freed 'ghost', which is open nowhere",
    }, texts(net))
    assert.equal(3, told(net).status.mended)
    assert.equal(0, told(net).status.differences)
  end)

  it("makes a node stand for what a plain peer beside it told nobody of", function()
    local net, p, q, r = network(2)
    p.open.secret = ONE
    net:advance(4)
    assert.same({ secret = ONE }, q.reserved)
    assert.same({ secret = ONE }, r.reserved)
    assert.same({ "secret" }, reserved_on(net, "node-b", "master"))
    local answer = net:client("master"):subscribe("secret", "guess")
    assert.same({ ok = false, reason = "invalid password" }, answer)
    p:unsubscribe "secret"
    net:advance(2)
    assert.same({}, reserved_on(net, "node-b", "master"))
  end)

  it("makes no false claim, and tells the truth about our own kind", function()
    local net = network(3)
    local data = { command = "reserve-channel", channel = "x", password = ONE }
    local answer = net:request("master", "node-b", data)
    assert.same({ ok = true }, answer)
    net:advance(2)
    assert.same({}, reserved_on(net, "master", "node-a"))
    assert.same({ ok = true }, net:client("node-a"):subscribe("x", "mine"))
    answer = net:request("master", "node-a", { command = "unreserve-channel", channel = "x" })
    assert.same({ ok = false, reason = "channel still open" }, answer)
  end)

  it("drops what a node holds because a peer listed it, and keeps what a script holds", function()
    local net = network(4)
    local answer = net:request("node-a", "master", { command = "hold", channel = "held" })
    assert.same({ ok = true, done = true }, answer)
    local lister, beyond = Peer.new(net, "lister"), Peer.new(net, "beyond")
    lister.reserved.hollow, beyond.reserved.hollow = ONE, ONE
    beyond:connect(lister)
    lister:connect "node-b"
    net:advance(0.5)
    assert.same({ "held", "hollow" }, reserved_on(net, "node-b", "master"))
    net:advance(5)
    assert.same({ "held" }, reserved_on(net, "node-b", "master"))
    assert.same({ { held = "" }, { held = "" } }, { lister.reserved, beyond.reserved })
    assert.equal(0, told(net).status.differences)
  end)

  it("leaves orphans alone while a peer says nothing", function()
    local net, p, _, r = network(5)
    r.is_mute = true
    net:advance(5)
    p.reserved.ghost = ONE
    net:advance(15)
    assert.same({ ghost = ONE }, p.reserved)
    assert.equal(1, told(net).status.silent)
    r.is_mute = false
    net:advance(8)
    assert.same({}, p.reserved)
  end)

  it("finds our own kind level ten seconds after a partition, without a mend", function()
    local net = testkit.network {
      { name = "master", main = "tests/testkit/master/main.lua" }, "node-a", "node-b", "node-c",
      main = "tests/testkit/node/main.lua",
    }
    local alice, bob = net:client "node-a", net:client "node-c"
    for number = 1, 50 do
      assert(alice:subscribe("before " .. number).ok)
    end
    net:partition({ "master", "node-a" }, { "node-b", "node-c" })
    net:advance(20)
    for number = 1, 50 do
      assert(alice:unsubscribe("before " .. number).ok)
      assert(alice:subscribe("here " .. number).ok)
      assert(bob:subscribe("there " .. number).ok)
    end
    net:heal()
    assert(net:settle())
    net:advance(10)
    local status = told(net).status
    assert.same({ 3, 0, 0, 0, 0, 0 }, {
      status.asked, status.silent, status.differences, status.lasting, status.conflicts, status.mended,
    })
  end)
end)
