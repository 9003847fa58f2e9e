local fake_kit = dofile "spec/support/fake_kit.lua"

local Client, kit

local function open(request)
  local net = {
    handle = "handle",
    wait = function(_, _, is_done)
      return is_done()
    end,
  }
  return Client.open(net, 1, request or {})
end

-- The answer to the command that is said next.
local function answer_next(nonce, data)
  table.insert(kit.heard, { type = "response", data = data, nonce = nonce })
end

describe("scripts/relay/testkit/client.lua", function()
  before_each(function()
    Client, kit = fake_kit.require "relay.testkit.client"
  end)

  it("sends its headers in lower case and in order, Origin among them", function()
    open { origin = "https://o", headers = { ["X-B"] = 1, ["A"] = "a" } }
    local headers = { "a", "a", "origin", "https://o", "x-b", "1" }
    assert.same({ "handle", 1, "192.0.2.1", "", "https://o", headers }, kit.request)
  end)

  it("tells its own answer from those of others", function()
    local client = open()
    answer_next("strange", { ok = false })
    answer_next("testkit-1", { ok = true })
    assert.same({ ok = true }, client:subscribe("channel", "passwd"))
    local data = { topic = "channel", password = "passwd" }
    assert.same({ command = "subscribe", data = data, nonce = "testkit-1" }, kit.said[1])
  end)

  it("keeps what comes meanwhile for receive", function()
    local client = open()
    table.insert(kit.heard, { type = "message", data = { channel = "c", message = 1 }, nonce = "other" })
    table.insert(kit.heard, { type = "unsubscribed", data = { channel = "c" } })
    answer_next("testkit-1", { channels = {} })
    client:list()
    assert.same({ channel = "c", message = 1 }, client:receive())
    assert.same({ { type = "unsubscribed", channel = "c" } }, client:messages())
    assert.is_nil(client:receive())
  end)

  it("leaves a nonce of the caller's alone", function()
    local client = open()
    answer_next(7, { ok = true })
    assert.same({ ok = true }, client:command { command = "list", nonce = 7 })
  end)

  it("says why no answer came", function()
    local client = open()
    assert.same({ nil, "no answer in 10 seconds" }, { client:list() })
    kit.code = 1008
    assert.same({ nil, "closed: 1008 " }, { client:list() })
  end)

  it("tells a connection that broke from one that it left", function()
    local client = open()
    assert.is_nil(client.closed)
    kit.code = 0
    assert.same({ code = 1006, reason = "" }, client.closed)
    client:close()
    assert.same({ code = 1000, reason = "" }, client.closed)
  end)
end)
