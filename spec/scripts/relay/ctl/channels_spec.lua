local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.channels", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  local open

  before_each(function()
    open = {}
    fake.engine.channels_after = function(name, most)
      local page, is_behind = {}, name == nil
      for _, channel in ipairs(open) do
        if is_behind and #page < most then
          page[#page + 1] = channel
        end
        is_behind = is_behind or channel.name == name
      end
      return is_behind and page or nil
    end
  end)

  local function channel(name)
    return { name = name, subscribers = 3, protected = true, scope = "network", messages_1s = 1,
             messages_60s = 60, bytes_60s = 2048 }
  end

  it("shows each with its traffic", function()
    open = { channel "verona" }
    assert.are.equal([[
CHANNEL  SUBSCRIBERS  PASSWORD  SCOPE    MESSAGES/S  IN 60 S  BYTES IN 60 S
verona             3  yes       network           1       60        2.0 KiB
]], ctl_command.run(fake, "channels").out)
  end)

  it("reads page by page, each channel once", function()
    for number = 1, 1000 do
      open[number] = channel("channel " .. number)
    end
    local told = ctl_command.run(fake, "channels", ctl_command.JSON).objects
    assert.are.equal(1000, #told)
    assert.are.equal("channel 1000", told[1000].name)
  end)

  it("ends where the page's last channel has closed", function()
    for number = 1, 600 do
      open[number] = channel("channel " .. number)
    end
    fake.relay.sleep = function()
      table.remove(open, 500)
    end
    assert.are.equal(500, #ctl_command.run(fake, "channels", ctl_command.JSON).objects)
  end)
end)
