local fake_relay = require "spec.support.fake_relay"

local COMMANDS = {
  "get-connection-token", "get-latency", "get-node-connection", "host-stats", "list-channels",
  "list-nodes", "list-reserved-channels", "node-info", "node-stats", "reserve-channel", "unreserve-channel",
}

describe("relay.built_in", function()
  after_each(fake_relay.remove)

  it("registers the ten commands of the notes, node-info, and the two flows", function()
    local fake = fake_relay.install()
    for name in pairs(package.loaded) do
      if name:find("^inm%.") or name == "relay.built_in" then
        package.loaded[name] = nil
      end
    end
    require "relay.built_in"
    local names = {}
    for name in pairs(fake.commands) do
      names[#names + 1] = name
    end
    table.sort(names)
    assert.are.same(COMMANDS, names)
    assert.are.equal(2, #fake.events.peer_up)
    assert.are.equal("function", type(fake.http))
  end)
end)
