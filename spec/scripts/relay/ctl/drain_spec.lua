local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.drain", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  local drained

  before_each(function()
    drained = 0
    fake.engine.drain = function() drained = drained + 1 end
    fake.engine.status = function() return { clients = 2 } end
  end)

  it("drains, and tells how many are to go", function()
    assert.are.equal("draining 2 clients\n", ctl_command.run(fake, "drain").out)
    assert.are.same({ { draining = 2 } }, ctl_command.run(fake, "drain", ctl_command.JSON).objects)
    assert.are.equal(2, drained)
  end)
end)
