local testkit = require "relay.testkit"

describe("channel-names", function()
  local net, alice, guest

  before_each(function()
    net = testkit.network { "node-a" }
    alice = assert(net:client("node-a", { query = "key=key-of-alice" }))
    guest = assert(net:client "node-a")
  end)

  after_each(function()
    net:close()
  end)

  it("lets everybody into the public ones and into their own", function()
    assert.is_true(guest:subscribe("public/news").ok)
    assert.is_true(alice:subscribe("public/news").ok)
    assert.is_true(alice:subscribe("user/alice/inbox").ok)
  end)

  it("lets a user into what a pattern of hers names, and nobody else", function()
    assert.is_true(alice:subscribe("team/plans").ok)
    assert.are.same({ ok = false, reason = "this channel is not yours" }, guest:subscribe "team/plans")
  end)

  it("refuses another user's channels, and names that only contain a pattern", function()
    assert.is_false(guest:subscribe("user/alice/inbox").ok)
    assert.is_false(alice:subscribe("x/public/news").ok)
    assert.is_false(alice:subscribe("public/news/more").ok)
  end)

  it("asks for the password before all else", function()
    assert.is_true(alice:subscribe("team/secret", "word").ok)
    assert.are.equal("invalid password", guest:subscribe("team/secret", "no").reason)
    assert.are.equal("this channel is not yours", guest:subscribe("team/secret", "word").reason)
  end)

  it("refuses a key that nobody has", function()
    assert.are.same({ nil, "unknown key", 401 }, { net:client("node-a", { query = "key=x" }) })
  end)
end)
