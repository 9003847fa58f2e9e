local fake_relay = require "spec.support.fake_relay"

describe("relay.lost_nodes", function()
  local fake, lost_nodes

  before_each(function()
    fake = fake_relay.install()
    package.loaded["relay.lost_nodes"] = nil
    fake.engine.configuration = function()
      return { peers = {}, token = fake.token }
    end
    fake.token = "a-token"
    lost_nodes = require "relay.lost_nodes"
    lost_nodes.install()
  end)
  after_each(function()
    package.loaded["relay.lost_nodes"] = nil
    fake_relay.remove()
  end)

  local function went(name, more)
    local peer = { name = name, host = "ws://" .. name .. ".example.com/" }
    for key, value in pairs(more or {}) do
      peer[key] = value
    end
    fake.events.peer_down[1](peer)
  end

  local function dialled()
    local names = {}
    for i, peer in ipairs(fake.dialled) do
      names[i] = peer.name
    end
    return table.concat(names, " ")
  end

  it("dials one a round, each in its turn, with this node's own token", function()
    fake.dial_error = "connection refused"
    went "b"
    went "c"
    for _ = 1, 3 do
      lost_nodes.round()
    end
    assert.are.equal("b c b", dialled())
    assert.are.same({ name = "b", url = "ws://b.example.com/node", token = "a-token" }, fake.dialled[1])
    assert.are.equal("debug lost node b: connection refused", fake.log[1])
  end)

  it("forgets a node that is a peer again", function()
    went "b"
    fake.events.peer_up[1] { name = "b" }
    lost_nodes.round()
    assert.are.equal("", dialled())
  end)

  it("leaves alone who is alive somewhere, stands in main.lua, or has no host", function()
    fake.nodes = { { name = "b" } }
    went "b"
    went("c", { is_configured = true })
    went("d", { host = false })
    lost_nodes.round()
    assert.are.equal("", dialled())
    fake.nodes = {}
    lost_nodes.round()
    assert.are.equal("b", dialled())
  end)

  it("dials nobody without a token of its own", function()
    fake.token = nil
    went "b"
    lost_nodes.round()
    assert.are.equal("", dialled())
  end)

  it("gives up after 72 hours", function()
    local now = os.time()
    went "b"
    local time = os.time
    os.time = function() return now + 72 * 3600 + 1 end -- luacheck: ignore
    lost_nodes.round()
    os.time = time -- luacheck: ignore
    assert.are.equal("", dialled())
  end)

  it("remembers 256 nodes, the latest", function()
    fake.dial_error = "timed out"
    for i = 1, 257 do
      went("n" .. i)
    end
    lost_nodes.round()
    assert.are.equal("n2", dialled())
  end)
end)
