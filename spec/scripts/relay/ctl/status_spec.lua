local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.status", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  local STATUS = {
    version = "1.2.3", pid = 42, generation = 3, uptime_seconds = 125.5, clients = 7, channels = 5, peers = 2,
    connections = 9, traces = 1, handlers_waiting = 4, draining = false, resident_bytes = 3 * 1024 * 1024,
    scripts_bytes = 2048, policies_bytes = 1024, policy_failures = 1, handler_failures = 2,
    health = "degraded", health_reason = "no peers", reloads_done = 2, reloads_refused = 0,
  }

  before_each(function()
    fake.engine.status = function() return STATUS end
  end)

  it("tells people what they ask first", function()
    assert.are.equal([[
NODE
node              node-a, wsrelay-engine 1.2.3, pid 42
up                2m 5s
generation        3
health            degraded: no peers
draining          no
clients           7
channels          5
peers             2
connections       9
memory            3.0 MiB; scripts 2.0 KiB, policies 1.0 KiB
failures          1 of policies, 2 of handlers
reloads           2 done, 0 refused
handlers waiting  4
traces            1
]], ctl_command.run(fake, "status").out)
  end)

  it("tells when and why the last reload was refused", function()
    local status = setmetatable({
      reloads_refused = 3, reload_refused_at = 1000, reload_refusal = "main.lua:6: unknown key 'x'",
    }, { __index = STATUS })
    fake.engine.status = function() return status end
    fake.engine.time = function() return 1125.5 end
    local line = "reloads           2 done, 3 refused; the last one 2m 5s ago: main.lua:6: unknown key 'x'\n"
    assert.is_truthy(ctl_command.run(fake, "status").out:find("\n" .. line, 1, true))
  end)

  it("tells programs all of it", function()
    local answer = ctl_command.run(fake, "status", ctl_command.JSON)
    assert.are.equal(7, answer.objects[1].clients)
    assert.are.equal("node-a", answer.objects[1].name)
    assert.are.equal("", answer.out)
  end)
end)
