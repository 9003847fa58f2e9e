local ctl_command = require "spec.support.ctl_command"

describe("relay.ctl.clients", function()
  local fake

  before_each(function()
    fake = ctl_command.install()
  end)

  after_each(ctl_command.remove)

  local connected

  before_each(function()
    connected = {}
    fake.relay.clients = function(after, most)
      local page = {}
      for _, client in ipairs(connected) do
        if client.id > after and #page < most then
          page[#page + 1] = client
        end
      end
      return page
    end
  end)

  local function client(id, channels, user)
    return { id = id, address = "192.0.2.1", user = user, identity = {}, channels = channels or {},
             queued_bytes = 0, connected_seconds = 61 }
  end

  it("shows who they are and where", function()
    connected = { client(1, { "verona", "mantua" }, "romeo"),
                  client(20, { "1", "2", "3", "4", "5", "6" }, { a = 1 }) }
    assert.are.equal([[
ID  ADDRESS    USER       CONNECTED  QUEUED  CHANNELS
 1  192.0.2.1  romeo          1m 1s     0 B  verona, mantua
20  192.0.2.1  { a = 1 }      1m 1s     0 B  1, 2, 3, 4, 5, … 1 more
]], ctl_command.run(fake, "clients").out)
  end)

  it("reads page by page, each client once", function()
    for id = 1, 1000 do
      connected[id] = client(id * 2)
    end
    local told = ctl_command.run(fake, "clients", ctl_command.JSON).objects
    assert.are.equal(1000, #told)
    assert.are.equal(2000, told[1000].id)
  end)
end)
