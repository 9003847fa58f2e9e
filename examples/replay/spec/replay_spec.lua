local testkit = require "relay.testkit"

describe("replay", function()
  local net, alice

  before_each(function()
    net = testkit.network { "node-a", "node-b" }
    alice = net:client "node-a"
    assert.is_true(alice:subscribe("news").ok)
  end)

  after_each(function()
    net:close()
  end)

  -- What a new client gets, a while after it subscribed.
  local function heard_late(node)
    local client = net:client(node)
    assert.is_true(client:subscribe("news").ok)
    net:advance(1)
    local texts = {}
    for index, message in ipairs(client:messages()) do
      texts[index] = message.message
    end
    return texts
  end

  it("sends the last message to who comes late, and to nobody else", function()
    alice:send("news", "one")
    alice:send("news", "two")
    net:advance(1)
    alice:messages()
    assert.are.same({ "two" }, heard_late "node-a")
    assert.are.same({}, alice:messages())
  end)

  it("has it from the node where the channel was open", function()
    alice:send("news", "one")
    net:advance(1)
    assert.are.same({ "one" }, heard_late "node-b")
  end)

  it("sends nothing where nothing was said", function()
    assert.are.same({}, heard_late "node-a")
  end)

  it("forgets it when the channel closes", function()
    alice:send("news", "one")
    alice:unsubscribe "news"
    net:advance(5)
    assert.are.same({}, heard_late "node-a")
  end)
end)
