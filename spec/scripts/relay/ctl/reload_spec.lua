local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.reload", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  it("tells the new generation", function()
    fake.engine.reload = function() return 7 end
    assert.are.equal("generation 7\n", ctl_command.run(fake, "reload").out)
    assert.are.same({ { generation = 7 } }, ctl_command.run(fake, "reload", ctl_command.JSON).objects)
  end)

  it("tells why the old one stays", function()
    fake.engine.reload = function() return nil, "main.lua:3: no" end
    local answer = ctl_command.run(fake, "reload")
    assert.are.equal(1, answer.code)
    assert.are.equal("main.lua:3: no\n", answer.err)
  end)
end)
