local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.metrics", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
    fake.engine.metrics = function() return "# TYPE a counter\na 1\n" end
  end)

  after_each(ctl_command.remove)

  it("prints Prometheus' text as it stands", function()
    assert.are.equal("# TYPE a counter\na 1\n", ctl_command.run(fake, "metrics").out)
  end)

  it("holds it in one object for programs", function()
    assert.are.same({ { metrics = "# TYPE a counter\na 1\n" } },
      ctl_command.run(fake, "metrics", ctl_command.JSON).objects)
  end)
end)
