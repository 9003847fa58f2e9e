local host_of = require "relay.host_of"

describe("relay.host_of", function()
  it("takes the host that a peer said", function()
    assert.are.equal("wss://b.example.com/", host_of.peer({ name = "b", host = "wss://b.example.com/" }, {}))
  end)

  it("takes what main.lua dials for a peer that said nothing", function()
    local configured = {
      { name = "c", url = "ws://c:1/node" },
      { name = "b", url = "ws://b.example.com/node" },
    }
    assert.are.equal("ws://b.example.com/", host_of.peer({ name = "b" }, configured))
    assert.is_nil(host_of.peer({ name = "x" }, configured))
  end)

  it("makes the endpoint of a host", function()
    assert.are.equal("wss://a.example.com/node", host_of.url "wss://a.example.com/")
    assert.are.equal("wss://a.example.com/node", host_of.url "wss://a.example.com")
    assert.are.equal("ws://127.0.0.1:8080/node", host_of.url "ws://127.0.0.1:8080/node")
    assert.are.equal("wss://x/behind/node", host_of.url "wss://x/behind/")
    assert.are.equal("wss://node/node", host_of.url "wss://node")
  end)

  it("takes the host of the notes' flow, which has no scheme", function()
    assert.are.equal("wss://nodea.example.com/node", host_of.url "nodea.example.com")
  end)

  it("refuses what is no host", function()
    assert.is_nil(host_of.url(nil))
    assert.is_nil(host_of.url {})
    assert.is_nil(host_of.url "")
    assert.is_nil(host_of.url "a b")
    assert.is_nil(host_of.url "wss://")
  end)
end)
