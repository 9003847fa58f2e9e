local ctl_command = require "spec.support.ctl_command"
local figures = require "spec.support.figures"

describe("relay.ctl.metrics", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
    figures.install(fake, { generation = 3, clients = 5 })
    package.loaded["relay.metrics"] = nil
  end)

  after_each(function()
    ctl_command.remove()
    package.loaded["relay.metrics"] = nil
  end)

  it("prints the node's own figures, then the scripts' as they stand", function()
    local out = ctl_command.run(fake, "metrics").out
    assert.truthy(out:find("\n# TYPE wsrelay_generation gauge\nwsrelay_generation 3\n", 1, true))
    assert.are.equal("\n# TYPE a counter\na 1\n", out:sub(-22))
  end)

  it("holds it in one object for programs", function()
    local objects = ctl_command.run(fake, "metrics", ctl_command.JSON).objects
    assert.truthy(objects[1].metrics:find("\nwsrelay_clients 5\n", 1, true))
  end)

  it("says when too many ask at once", function()
    require("relay.metrics").text = function() return nil, "busy" end
    local call = ctl_command.run(fake, "metrics")
    assert.are.same({ 1, "busy" }, { call.code, (call.err:gsub("\n$", "")) })
  end)
end)
