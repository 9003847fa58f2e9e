local fake_mesh = require "spec.support.fake_mesh"
local fake_relay = require "spec.support.fake_relay"

local ONE = ("1"):rep(64)

describe("relay.master.synchronise, where nodes do not do as they should,", function()
  local fake, mesh, routine, p

  before_each(function()
    fake = fake_relay.install()
    mesh = fake_mesh.new(fake.relay.null)
    mesh:add("node-a", { is_plain = false })
    p = mesh:add("plain-p", { beside = { "node-a" } })
    mesh:add("plain-q", { beside = { "plain-p" } })
    routine = require("relay.master.synchronise").new(mesh.tools)
  end)
  after_each(fake_relay.remove)

  local function rounds(count)
    return mesh:rounds(routine, count)
  end

  local function both_rounds()
    assert.are.same({}, rounds(1))
    return rounds(1)
  end

  it("tells of ten mends, and how many more", function()
    for number = 1, 35 do
      p.reserved["gone " .. number] = ONE
    end
    assert.are.equal(35, #both_rounds())
    assert.are.equal(11, #fake.log)
    assert.are.equal("info synchronise: and 25 more were mended", fake.log[11])
    assert.are.same({ at = 1015, kind = "mended", text = "and 25 more were mended" }, mesh.events[11])
    assert.are.equal(11, #mesh.events)
  end)

  it("mends what says ok and does nothing ever more rarely, and tells it once", function()
    p.reserved.gone, p.reserved.too = ONE, ONE
    p.answer = function(data)
      return data.command == "unreserve-channel" and { ok = true } or nil
    end
    rounds(4)
    assert.are.equal(4, #mesh:changes())
    rounds(1)
    assert.matches("^warn synchronise: plain%-p says ok and does not do it: '%l+' %(orphan%)$", fake.log[5])
    mesh.asked = {}
    rounds(3600 // 15)
    local changes = #mesh:changes()
    assert.is_true(changes >= 20 and changes <= 34, changes)
    local _, warnings = table.concat(fake.log, "\n"):gsub("warn ", "")
    assert.are.equal(1, warnings)
    p.answer = nil
    rounds(30)
    assert.are.same({}, p.reserved)
    assert.are.same({}, routine.tries)
  end)

  it("ends a round after 12 seconds, and goes on with what it had no time for in the next", function()
    for number = 1, 20 do
      p.reserved["gone " .. number] = ONE
    end
    rounds(1)
    mesh.after = function(_, data)
      mesh.now = mesh.now + (data.command == "unreserve-channel" and 3 or 0)
    end
    assert.are.equal(4, #rounds(1))
    assert.are.equal(4, #rounds(1))
    mesh.after = nil
    assert.are.equal(12, #rounds(1))
  end)

  it("asks nodes that never answered in the first look of a round alone", function()
    p.reserved = { gone = ONE }
    rounds(1)
    p.beside = { "node-a" }
    for number = 1, 40 do
      p.beside[number + 1] = "fake " .. number
    end
    mesh:open("node-a", "garden", ONE)
    p.reserved = {}
    rounds(1)
    mesh.asked = {}
    rounds(1)
    local fakes = 0
    for _, text in ipairs(mesh.asked) do
      fakes = fakes + (text:find "^fake" and 1 or 0)
    end
    assert.are.same({ garden = ONE }, p.reserved)
    assert.are.equal(16, fakes)
  end)

  it("is asked for its figures by others, once it was started", function()
    local synchronise = require "relay.master.synchronise"
    assert.is_nil(synchronise.status())
    mesh.tools.after, mesh.tools.every = function() end, function() end
    routine = synchronise.new(mesh.tools)
    routine:start()
    mesh.before = function()
      mesh.now = mesh.now + 0.25
    end
    rounds(1)
    local status = synchronise.status()
    assert.are.same({ 1, 3, 2.0 }, { status.rounds, status.asked, status.seconds })
  end)
end)
