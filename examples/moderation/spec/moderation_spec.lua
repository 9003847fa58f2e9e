local message = require "policies.message"

local function publish(text)
  return message.publish({ text = text, json = false, channel = "c" }, { rude = { darn = true } })
end

describe("moderation", function()
  it("passes what is fine as it is", function()
    assert.are.equal("hello, darning needle", publish "hello, darning needle")
  end)

  it("stars rude words out, whatever their case", function()
    assert.are.equal("oh ****! **** it", publish "oh Darn! darn it")
  end)

  it("refuses links", function()
    assert.are.same({ false, "no links here" }, { publish "see HTTPS://evil.org" })
  end)
end)

describe("moderation, on a node", function()
  it("tells the sender what was refused, and everybody the rest", function()
    local net = require("relay.testkit").network { "node-a" }
    local alice, bob = net:client "node-a", net:client "node-a"
    assert.is_true(alice:subscribe("c").ok)
    assert.is_true(bob:subscribe("c").ok)
    assert.are.same({ ok = false, reason = "no links here" }, alice:send("c", "http://evil.org"))
    assert.is_true(alice:send("c", "heck!").ok)
    assert.is_true(alice:send("c", { text = "darn" }).ok)
    assert.are.equal("****!", bob:receive().message)
    assert.are.same({ text = "****" }, bob:receive().message)
    net:close()
  end)
end)
