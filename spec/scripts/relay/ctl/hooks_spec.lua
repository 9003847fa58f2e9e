local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.hooks", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  before_each(function()
    fake.engine.questions = function()
      return {
        { file = "client_auth", name = "connect", by = "installed", place = "/p/client_auth.lua:31",
          asked = 5, failed = 0, mean_us = 12.345 },
        { file = "message", name = "publish", asked = 0, failed = 0 },
      }
    end
    fake.engine.registered = function()
      return {
        commands = { { name = "b", place = "main.lua:2" }, { name = "a", place = "main.lua:1" } },
        events = { { name = "peer_up", place = "main.lua:3" } },
        timers = { { seconds = 30, repeats = true, place = "main.lua:4" },
                   { seconds = 0.5, repeats = false, place = "main.lua:5" } },
      }
    end
  end)

  it("shows who answers, where, how often and how fast", function()
    assert.are.equal([[
QUESTION             ANSWERED BY  PLACE                  ASKED  FAILED     MEAN
client_auth.connect  installed    /p/client_auth.lua:31      5       0  12.3 µs
message.publish      nobody       -                          0       0        -

HANDLER OF  NAME         PLACE
command     a            main.lua:1
command     b            main.lua:2
event       peer_up      main.lua:3
timer       every 30 s   main.lua:4
timer       after 0.5 s  main.lua:5
]], ctl_command.run(fake, "hooks").out)
  end)

  it("tells a program of which kind each is", function()
    local told = ctl_command.run(fake, "hooks", ctl_command.JSON).objects
    assert.are.equal(7, #told)
    assert.are.equal("policy", told[1].kind)
    assert.are.equal("timer", told[7].kind)
  end)
end)
