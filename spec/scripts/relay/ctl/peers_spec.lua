local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.peers", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  before_each(function()
    fake.peers = { { name = "node-c", latency_ms = 1.234, is_plain = true, is_dialled = false,
                     is_configured = false, host = "wss://c.example.com/" } }
    fake.configured = { { name = "node-c", token = "secret" }, { name = "node-b", token = "secret" } }
  end)

  it("shows those that are linked and those that should be", function()
    assert.are.equal([[
NAME    STATE  LATENCY  KIND   DIALLED BY  CONFIGURED  HOST
node-b  down         -  -      -           yes         -
node-c  up     1.23 ms  plain  peer        no          wss://c.example.com/
]], ctl_command.run(fake, "peers").out)
  end)

  it("tells no token", function()
    for _, peer in ipairs(ctl_command.run(fake, "peers", ctl_command.JSON).objects) do
      assert.is_nil(peer.token)
    end
  end)
end)
