local fake_master = require "spec.support.fake_master"

local function figures(clients, messages)
  return { clients = clients, messages_per_second = messages, kbits_per_second = messages / 2 }
end

describe("relay.master.channels", function()
  local channels

  before_each(function()
    fake_master.install()
    channels = require "relay.master.channels"
  end)
  after_each(fake_master.remove)

  it("adds clients, and takes each message once", function()
    local merged = channels.new()
    merged:add("node-b", { locked = figures(3, 2) })
    merged:add("node-a", { locked = figures(1, 4), garden = figures(1, 6) })
    assert.are.same({
      {
        name = "garden", protected = false, nodes = { "node-a" }, clients = 1, messages_per_second = 6,
        kbits_per_second = 3, subscribers = { { node = "node-a", clients = 1 } },
      },
      {
        name = "locked", protected = true, nodes = { "node-a", "node-b" }, clients = 4,
        messages_per_second = 4, kbits_per_second = 2,
        subscribers = { { node = "node-a", clients = 1 }, { node = "node-b", clients = 3 } },
      },
    }, (merged:busiest()))
    assert.are.same({ 10, 5 }, { merged:sums() })
  end)

  it("tells the clients on the first 200 nodes of a channel", function()
    local merged = channels.new()
    for number = 1, 300 do
      merged:add(("n%03d"):format(number), { lobby = figures(number, 1) })
    end
    local lobby = merged:busiest()[1]
    assert.are.same({ 300, 200 }, { #lobby.nodes, #lobby.subscribers })
    assert.are.same({ node = "n200", clients = 200 }, lobby.subscribers[200])
  end)

  it("lists the 200 busiest, then those with most clients, then by name", function()
    local merged = channels.new()
    local list = {}
    for number = 1, 1000 do
      list[("c%04d"):format(number)] = figures(number % 3, (number * 37) % 500)
    end
    merged:add("node-a", list)
    local sorted, left_out = merged:busiest()
    assert.are.equal(200, #sorted)
    assert.are.equal(800, left_out)
    assert.are.equal(499, sorted[1].messages_per_second)
    assert.are.equal(400, sorted[200].messages_per_second)
    for place = 2, 200 do
      local a, b = sorted[place - 1], sorted[place]
      local is_in_order = a.messages_per_second > b.messages_per_second
        or a.messages_per_second == b.messages_per_second
        and (a.clients > b.clients or a.clients == b.clients and a.name < b.name)
      assert.is_true(is_in_order)
    end
  end)

  it("knows 20,000 names, and counts the rest", function()
    local merged = channels.new()
    for node = 1, 5 do
      local list = {}
      for number = 1, 5000 do
        list[node .. "-" .. number] = figures(1, 1)
      end
      merged:add("node-" .. node, list)
    end
    assert.are.equal(20000, merged.count)
    assert.are.equal(24800, select(2, merged:busiest()))
  end)
end)
