local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.metrics", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
    fake.engine.metrics = function() return "# TYPE a counter\na 1\n" end
    fake.engine.status = function()
      return {
        generation = 3, policy_failures = 1, handler_failures = 0, handlers_waiting = 2, clients = 5,
        channels = 4, peers = 0,
      }
    end
  end)

  after_each(ctl_command.remove)

  it("prints the node's own figures, then the scripts' as they stand", function()
    local out = ctl_command.run(fake, "metrics").out
    assert.truthy(out:find("\n# TYPE wsrelay_generation gauge\nwsrelay_generation 3\n", 1, true))
    assert.truthy(out:find("\nwsrelay_policy_failures_total 1\n", 1, true))
    assert.are.equal("# TYPE a counter\na 1\n", out:match("wsrelay_peers 0\n(.*)$"))
  end)

  it("holds it in one object for programs", function()
    local objects = ctl_command.run(fake, "metrics", ctl_command.JSON).objects
    assert.truthy(objects[1].metrics:find("wsrelay_clients 5\n", 1, true))
  end)
end)
