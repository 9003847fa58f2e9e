local json = require "relay.json"
local testkit = require "relay.testkit"

describe("presence", function()
  local net, watcher

  before_each(function()
    net = testkit.network { "node-a", "node-b" }
    watcher = assert(net:client("node-a", { query = "user=watcher" }))
  end)

  after_each(function()
    net:close()
  end)

  local function come(node, user, channel)
    local client = assert(net:client(node, { query = "user=" .. user }))
    assert.is_true(client:subscribe(channel).ok)
    net:advance(1)
    return client
  end

  local function news()
    local told = {}
    net:advance(1)
    for index, message in ipairs(watcher:messages()) do
      assert.are.equal("who:lobby", message.channel)
      told[index] = json.decode(message.message)
    end
    return told
  end

  it("tells who comes late everybody who is there, on all nodes", function()
    come("node-a", "alice", "lobby")
    come("node-b", "bob", "lobby")
    come("node-b", "carol", "elsewhere")
    watcher:subscribe "who:lobby"
    assert.are.same({ { users = { "alice", "bob" } } }, news())
  end)

  it("tells of all who come and go after that, on any node", function()
    watcher:subscribe "who:lobby"
    assert.are.same({ { users = {} } }, news())
    local alice = come("node-a", "alice", "lobby")
    local bob = come("node-b", "bob", "lobby")
    assert.are.same({ { joined = "alice" }, { joined = "bob" } }, news())
    alice:unsubscribe "lobby"
    net:advance(1)
    bob:close()
    assert.are.same({ { left = "alice" }, { left = "bob" } }, news())
  end)

  it("answers the command \"who\" with the users of one node", function()
    come("node-b", "bob", "lobby")
    local answer = net:request("node-a", "node-b", { command = "who", channel = "lobby" })
    assert.are.same({ ok = true, users = { "bob" } }, answer)
    answer = net:request("node-a", "node-b", { command = "who", channel = "nobody's" })
    assert.are.same({ ok = true, users = {} }, answer)
  end)

  it("knows them still after a reload", function()
    come("node-a", "alice", "lobby")
    assert.is_true(net:reload "node-a")
    watcher:subscribe "who:lobby"
    assert.are.same({ { users = { "alice" } } }, news())
  end)
end)
