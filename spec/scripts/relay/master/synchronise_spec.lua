local fake_mesh = require "spec.support.fake_mesh"
local fake_relay = require "spec.support.fake_relay"

local ONE, TWO = ("1"):rep(64), ("2"):rep(64)

describe("relay.master.synchronise", function()
  local fake, mesh, routine, a, p, q

  before_each(function()
    fake = fake_relay.install()
    mesh = fake_mesh.new(fake.relay.null)
    a = mesh:add("node-a", { is_plain = false })
    p = mesh:add("plain-p", { beside = { "node-a" } })
    q = mesh:add("plain-q", { beside = { "plain-p" } })
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

  -- What changes is wanted, and nothing else was asked for.
  local function assert_changes(...)
    assert.are.same({ ... }, mesh:changes())
  end

  describe("mends", function()
    it("nothing in a network that agrees", function()
      mesh:open("node-a", "garden", ONE)
      mesh:open("plain-p", "lobby")
      mesh:claim("lobby", "node-a")
      assert.are.same({}, rounds(3))
      assert_changes()
      local status = routine:status()
      assert.are.same({ 3, 0, 0, 0, 0, 0 }, {
        status.asked, status.silent, status.differences, status.lasting, status.conflicts, status.mended,
      })
      assert.are.equal(1030, status.at)
    end)

    it("a reservation that a plain node lost, in the second round", function()
      mesh:open("node-a", "garden", ONE)
      p.reserved = {}
      assert.are.same({ "plain-p reserved 'garden', which is open on node-a" }, both_rounds())
      assert.are.same({ garden = ONE }, p.reserved)
      assert_changes("plain-p reserve-channel garden " .. ONE)
      assert.are.same({}, rounds(1))
      assert.are.equal(1, routine:status().mended)
      assert.are.equal(0, routine:status().differences)
    end)

    it("one of a channel without a password", function()
      mesh:open("plain-q", "garden")
      mesh:claim("garden", "node-a")
      p.reserved = {}
      assert.are.equal(1, #both_rounds())
      assert.are.same({ garden = "" }, p.reserved)
    end)

    it("an orphan, which is open nowhere", function()
      p.reserved.gone = ONE
      q.reserved.gone = ONE
      local wanted = "freed 'gone', which is open nowhere"
      assert.are.same({ "plain-p " .. wanted, "plain-q " .. wanted }, both_rounds())
      assert.are.same({}, p.reserved)
      assert.are.same({}, q.reserved)
    end)

    it("a reservation with another password", function()
      mesh:open("plain-q", "garden", ONE)
      mesh:claim("garden", "node-a", ONE)
      p.reserved.garden = TWO
      assert.are.same({
        "plain-p replaced the password of 'garden', which is open on plain-q",
      }, both_rounds())
      assert.are.same({ garden = ONE }, p.reserved)
      assert_changes("plain-p unreserve-channel garden", "plain-p reserve-channel garden " .. ONE)
    end)

    it("a name that only a claim holds, as a script's reservation", function()
      mesh:claim("held", "node-a", ONE)
      a.reserved.held = ONE
      a.answer = function(data)
        return data.command == "unreserve-channel" and { ok = false, reason = "channel still open" } or nil
      end
      q.reserved.held = ONE
      assert.are.same({ "plain-p reserved 'held', which is held by node-a" }, both_rounds())
    end)

    it("tells of each once: in the log, by an event, in the status", function()
      p.reserved.gone = ONE
      both_rounds()
      local text = "freed 'gone', which is open nowhere"
      assert.are.same({ { at = 1015, kind = "mended", node = "plain-p", text = text } }, mesh.events)
      assert.are.same({ "info synchronise: plain-p: " .. text }, fake.log)
      assert.is_nil(table.concat(fake.log):find(ONE, 1, true))
    end)

    it("goes on when on_mended raises", function()
      mesh.tools.on_mended = function()
        error "no room"
      end
      routine = require("relay.master.synchronise").new(mesh.tools)
      p.reserved.gone, p.reserved.too = ONE, ONE
      assert.are.equal(2, #both_rounds())
    end)

    it("so many in a round, the others in the next", function()
      mesh.tools.most = 30
      routine = require("relay.master.synchronise").new(mesh.tools)
      for number = 1, 70 do
        p.reserved["gone " .. number] = ONE
      end
      assert.are.equal(30, #both_rounds())
      assert.are.equal(30, #rounds(1))
      assert.are.equal(10, #rounds(1))
      assert.are.equal(70, routine:status().mended)
    end)

    it("what can be mended though much cannot", function()
      mesh.tools.most = 10
      routine = require("relay.master.synchronise").new(mesh.tools)
      for number = 1, 10 do
        mesh:open("node-a", "never " .. number, ONE)
        p.reserved["never " .. number] = nil
      end
      p.answer = function(data)
        return data.command == "reserve-channel" and { ok = false, reason = "no" } or nil
      end
      assert.are.same({}, both_rounds())
      q.reserved.gone = ONE
      rounds(3)
      assert.is_nil(q.reserved.gone)
    end)

    it("500 of 10,000 channels in a round", function()
      for number = 1, 10000 do
        mesh:open("node-a", "channel " .. number, ONE)
      end
      p.reserved = {}
      assert.are.equal(0, #rounds(1))
      assert.are.equal(10000, routine:status().differences)
      assert.are.equal(500, #rounds(1))
      assert.are.equal(500, #mesh:changes())
      p.reserved = { ["channel 1"] = TWO }
      for number = 100, 10000 do
        p.reserved["channel " .. number] = ONE
      end
      rounds(2)
      assert.are.same(a.open, p.reserved)
      rounds(1)
      assert.are.equal(0, routine:status().differences)
    end)
  end)

  describe("leaves alone", function()
    it("a name that is open with two passwords, and says so once", function()
      mesh:open("plain-p", "garden", ONE)
      mesh:open("plain-q", "garden", TWO)
      p.reserved.garden, a.reserved = nil, {}
      assert.are.same({}, rounds(4))
      assert_changes()
      assert.are.equal(1, routine:status().conflicts)
      assert.are.same({ "warn synchronise: 'garden' is open with two passwords" }, fake.log)
    end)

    it("a name that is claimed with another password than it is open with", function()
      mesh:open("plain-p", "garden", ONE)
      mesh:claim("garden", "node-a", TWO)
      assert.are.same({}, rounds(3))
      assert_changes()
    end)

    it("orphans while a node is silent, but not what is missing", function()
      mesh:open("node-a", "garden", ONE)
      p.reserved = { gone = ONE }
      q.is_silent = true
      assert.are.equal(1, #both_rounds())
      assert.are.same({ gone = ONE, garden = ONE }, p.reserved)
      assert.are.equal(1, routine:status().silent)
      assert.are.equal("warn synchronise: plain-q gave no lists, so nothing is freed: timed out", fake.log[1])
      q.is_silent = false
      assert.are.equal(1, #both_rounds())
      assert.is_nil(p.reserved.gone)
    end)

    it("orphans for a while when a node has vanished", function()
      rounds(1)
      p.reserved.gone = ONE
      mesh.nodes["plain-q"] = nil
      assert.are.same({}, rounds(2))
      assert.are.equal(1, routine:status().silent)
      assert.are.equal(1, #both_rounds())
    end)

    it("a node that vanishes between the list and the mend", function()
      mesh:open("node-a", "garden", ONE)
      p.reserved = {}
      rounds(1)
      mesh.before = function(node, data)
        mesh.nodes["plain-p"].is_silent = mesh.nodes["plain-p"].is_silent
          or node == "plain-p" and data.command == "reserve-channel"
      end
      assert.are.same({}, rounds(2))
      assert.are.equal(0, routine:status().mended)
    end)

    for what, answer in pairs {
      ["no list"] = { ok = true },
      ["a refusal"] = { ok = false, reason = "unknown command" },
      ["a dictionary"] = { channels = { garden = ONE } },
      ["an entry that is none"] = { channels = { { name = "gone" }, 5 } },
      ["a name that is none"] = { channels = { { name = {} } } },
      ["a hash that is none"] = { channels = { { name = "gone", password = "x" } } },
      ["a name twice"] = { channels = { { name = "gone", password = ONE }, { name = "gone" } } },
    } do
      it("a node that answers " .. what .. ", and orphans elsewhere", function()
        mesh:open("node-a", "garden", ONE)
        p.reserved = {}
        q.reserved.gone = ONE
        p.answer = function()
          return answer
        end
        assert.are.same({}, rounds(3))
        assert_changes()
        assert.are.equal(1, routine:status().silent)
      end)
    end

    it("a list that was cut off", function()
      mesh:open("node-a", "garden", ONE)
      p.reserved = {}
      p.answer = function(data)
        return data.command == "list-reserved-channels" and { channels = {}, left_out = 1 } or nil
      end
      assert.are.same({}, rounds(3))
      assert_changes()
    end)

    it("names that no channel can have", function()
      p.reserved = { [""] = ONE, ["a\nb"] = ONE, ["\xc2\x85"] = ONE, ["\xff"] = ONE, [("x"):rep(257)] = ONE }
      assert.are.same({}, rounds(3))
      assert_changes()
    end)

    it("what differed once, and differs otherwise now", function()
      mesh:open("node-a", "garden", ONE)
      p.reserved.garden = nil
      rounds(1)
      p.reserved.garden = TWO
      assert.are.same({}, rounds(1))
      p.reserved.garden = ONE
      assert.are.same({}, rounds(2))
      assert_changes()
    end)

    it("what the look right before the mend does not find any more", function()
      p.reserved.gone = ONE
      rounds(1)
      local looks = 0
      mesh.before = function(node, data)
        looks = looks + (node == "node-a" and data.command == "list-channels" and 1 or 0)
        if looks == 2 then
          mesh.nodes["plain-q"].open.gone = ONE
        end
      end
      assert.are.same({}, rounds(1))
      assert.are.equal(2, looks)
      assert_changes()
    end)

    it("a name that is voted on", function()
      p.reserved.opening, q.reserved.opening = ONE, ONE
      mesh:claim("opening", "node-a", ONE, "tentative")
      assert.are.same({}, rounds(4))
      assert_changes()
    end)
  end)

  describe("of our own kind", function()
    it("asks nothing, and tells what has lasted for ten seconds", function()
      mesh:open("node-a", "garden", ONE)
      local b = mesh:add("node-b", { is_plain = false })
      p.reserved, q.reserved = { garden = ONE }, { garden = ONE }
      assert.are.same({}, rounds(1))
      assert.are.equal(0, routine:status().lasting)
      assert.are.same({}, rounds(3))
      assert.are.equal(1, routine:status().lasting)
      assert.are.same({ "warn synchronise: node-b does not agree about 'garden' (missing)" }, fake.log)
      assert_changes()
      b.reserved.garden = ONE
      rounds(1)
      assert.are.equal(0, routine:status().lasting)
    end)

    it("does not miss what is open on a plain node behind a plain one, for which votes answer", function()
      mesh:open("plain-q", "far", ONE)
      a.reserved = {}
      assert.are.same({}, rounds(3))
      assert.are.equal(0, routine:status().differences)
    end)

    it("is asked to look when nobody stands for a plain node beside it", function()
      mesh:open("plain-p", "silent", ONE)
      mesh.after = function(node, data)
        if node == "node-a" and data.command == "reserve-channel" then
          mesh:claim("silent", "node-a", ONE)
        end
      end
      a.reserved = {}
      assert.are.same({ "node-a claimed 'silent', which is open on plain-p" }, both_rounds())
      assert_changes("node-a reserve-channel silent " .. ONE)
    end)

    it("looks itself when the plain node is beside this one", function()
      p.beside = { "master" }
      mesh:open("plain-p", "silent", ONE)
      assert.are.same({}, rounds(2))
      assert.are.equal("doubt silent", mesh.asked[#mesh.asked])
    end)

    it("gives up a claim to what is open nowhere", function()
      mesh:claim("hollow", "node-a", ONE)
      a.reserved.hollow, p.reserved.hollow, q.reserved.hollow = ONE, ONE, ONE
      mesh.after = function(node, data)
        if node == "node-a" and data.command == "unreserve-channel" then
          mesh.claims.hollow = nil
        end
      end
      assert.are.same({ "node-a gave up 'hollow', which is open nowhere" }, both_rounds())
      assert_changes("node-a unreserve-channel hollow")
    end)

    it("keeps a claim that is meant, and is asked about it once", function()
      mesh:claim("held", "node-a", ONE)
      a.reserved.held, p.reserved.held, q.reserved.held = ONE, ONE, ONE
      a.answer = function(data)
        return data.command == "unreserve-channel" and { ok = false, reason = "channel still open" } or nil
      end
      assert.are.same({}, rounds(5))
      assert_changes("node-a unreserve-channel held")
      assert.are.equal(0, routine:status().differences)
      mesh.claims.held = nil
      a.reserved.held, p.reserved.held, q.reserved.held = nil, nil, nil
      rounds(1)
      mesh:claim("held", "node-a", ONE)
      p.reserved.held, q.reserved.held = ONE, ONE
      rounds(2)
      assert.are.equal(2, #mesh:changes())
    end)

    it("gives up its own, and keeps those that a script wants", function()
      mesh:claim("hollow", "master", ONE)
      mesh:claim("held", "master", ONE)
      for _, node in ipairs { a, p, q } do
        node.reserved.hollow, node.reserved.held = ONE, ONE
      end
      mesh.freed = function(channel)
        mesh.claims[channel] = channel == "held" and mesh.claims.held or nil
        return channel ~= "held"
      end
      assert.are.same({ "master gave up 'hollow', which is open nowhere" }, both_rounds())
    end)
  end)

  it("asks plain nodes behind plain ones, which nobody told of", function()
    q.is_known, p.beside = false, { "node-a", "plain-q", "*", 5, "a\nb" }
    q.open.far = ONE
    p.reserved.far = ONE
    assert.are.same({}, rounds(3))
    assert.are.equal(3, routine:status().asked)
    assert.are.same({ far = ONE }, p.reserved)
    q.is_silent = true
    q.open = {}
    assert.are.same({}, rounds(3))
    assert.are.same({ far = ONE }, p.reserved)
  end)

  it("runs one round at a time", function()
    local inner
    mesh.before = function()
      inner = inner or { routine:round() }
    end
    routine:round()
    assert.are.same({ nil, "a round runs already" }, inner)
    mesh.before = nil
    assert.is_table(routine:round())
  end)

  it("runs again after a round that failed", function()
    mesh.before = function()
      error "broken"
    end
    local timers = {}
    mesh.tools.after = function(seconds, handler)
      timers[1] = { seconds, handler }
    end
    mesh.tools.every = function(seconds, handler)
      timers[2] = { seconds, handler }
    end
    routine = require("relay.master.synchronise").new(mesh.tools)
    routine:start()
    assert.are.same({ 5, 15 }, { timers[1][1], timers[2][1] })
    timers[1][2]()
    assert.matches("^error synchronise: .*broken$", fake.log[1])
    mesh.before = nil
    timers[2][2]()
    assert.are.equal(3, routine:status().asked)
    routine:start(1)
    assert.are.same({ 1, 1 }, { timers[1][1], timers[2][1] })
  end)
end)
