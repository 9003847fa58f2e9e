local routing = require "policies.routing"
local testkit = require "relay.testkit"

describe("region-local", function()
  it("keeps a region's channels there, and others nowhere", function()
    local settings = { regions = { eu = { "berlin", "paris" } } }
    assert.are.same({ "berlin", "paris" }, routing.scope("eu/news", settings))
    assert.are.equal("network", routing.scope("asia/news", settings))
    assert.are.equal("network", routing.scope("news", settings))
    assert.are.equal("network", routing.scope("europe/", settings))
  end)
end)

describe("region-local, in a network", function()
  local net, clients

  before_each(function()
    net, clients = testkit.network { "berlin", "paris", "denver" }, {}
    for _, node in ipairs { "berlin", "paris", "denver" } do
      clients[node] = assert(net:client(node))
    end
  end)

  after_each(function()
    net:close()
  end)

  local function send_in(channel)
    for _, client in pairs(clients) do
      assert.is_true(client:subscribe(channel).ok)
    end
    net:advance(5)
    assert.is_true(clients.berlin:send(channel, "hello").ok)
    local heard = {}
    for node, client in pairs(clients) do
      heard[node] = client:receive(2) ~= nil or nil
    end
    return heard
  end

  it("tells a region's messages to its nodes alone", function()
    assert.are.same({ paris = true }, send_in "eu/news")
  end)

  it("tells all others to everybody", function()
    assert.are.same({ paris = true, denver = true }, send_in "news")
  end)
end)
