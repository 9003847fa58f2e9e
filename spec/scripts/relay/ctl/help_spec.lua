local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.help", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  it("lists what each command does", function()
    assert.are.equal("COMMAND  WHAT IT DOES\nhelp     this list\n", ctl_command.run(fake, "help").out)
    assert.are.same({ { name = "help", usage = "help", summary = "this list" } },
      ctl_command.run(fake, "help", ctl_command.JSON).objects)
  end)
end)
