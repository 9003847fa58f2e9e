local fake_relay = require "spec.support.fake_relay"

describe("relay.master.events", function()
  local fake, events, now, written

  before_each(function()
    fake = fake_relay.install()
    package.loaded["relay.master.events"] = nil
    events = require "relay.master.events"
    now, written = 1000, {}
  end)

  after_each(function()
    package.loaded["relay.master.events"] = nil
    fake_relay.remove()
  end)

  local function history(stored)
    return {
      add_event = function(_, event)
        table.insert(written, event)
        return true
      end,
      events = function(_, options)
        local found = {}
        for _, event in ipairs(stored or {}) do
          if #found < options.limit and event.at < (options.before or math.huge) then
            found[#found + 1] = event
          end
        end
        return found
      end,
    }
  end

  local function open(given)
    given = given or {}
    local log = events.new {
      now = function() return now end,
      history = function() return given.history end,
    }
    log:adopt(given.list or {}, {})
    return log
  end

  local function texts(list)
    local found = {}
    for index, event in ipairs(list) do
      found[index] = event.text
    end
    return found
  end

  it("has the newest first", function()
    local log = open()
    log:add("joined", "node-b", "joined the network")
    now = 1001
    log:add("left", "node-b", "left the network")
    assert.are.same({
      { at = 1001, kind = "left", node = "node-b", text = "left the network" },
      { at = 1000, kind = "joined", node = "node-b", text = "joined the network" },
    }, log.list)
    assert.are.equal(2, log.count)
  end)

  it("keeps a hundred", function()
    local log = open()
    for number = 1, 101 do
      log:add("joined", "node-" .. number, tostring(number))
    end
    assert.are.equal(100, #log.list)
    assert.are.equal("2", log.list[100].text)
  end)

  it("takes ten of a node at once, then one a minute, and says how many were left out", function()
    local log = open()
    for number = 1, 15 do
      assert.are.equal(number <= 10, log:add("health", "node-b", "x") ~= nil)
    end
    assert.is_table(log:add("health", "node-c", "another's own"))
    now = now + 59
    assert.is_nil(log:add("health", "node-b", "x"))
    now = now + 1
    assert.are.equal("x (and 6 more since the last one)", log:add("health", "node-b", "x").text)
    now = now + 3600
    assert.are.equal("x", log:add("health", "node-b", "x").text)
  end)

  it("is not troubled by a clock that is set back", function()
    local log = open()
    log:add("health", "node-b", "x")
    now = 1
    assert.is_table(log:add("health", "node-b", "x"))
  end)

  it("shortens a text between two characters", function()
    local text = open():add("health", "node-b", ("é"):rep(200)).text
    assert.is_true(#text <= 240 and utf8.len(text) ~= nil)
    assert.are.equal("é…", text:sub(-5))
    assert.are.equal(240, #open():add("health", "node-b", ("x"):rep(240)).text)
    assert.are.equal(("x"):rep(237) .. "…", open():add("health", "node-b", ("x"):rep(241)).text)
  end)

  it("writes each one once, when it is told to", function()
    local log = open { history = history() }
    log:add("joined", "node-b", "1")
    log:add("joined", "node-c", "2")
    assert.are.same({}, written)
    log:flush()
    log:flush()
    assert.are.same({ "1", "2" }, texts(written))
  end)

  it("takes each out when it is written, and the next load writes what was broken off", function()
    local slow = history()
    local left
    slow.add_event = function(_, event)
      table.insert(written, event)
      left = left or table.move(slow.log.unwritten, 1, #slow.log.unwritten, 1, {})
      return true
    end
    slow.log = open { history = slow }
    slow.log:add("joined", "node-b", "1")
    slow.log:add("joined", "node-c", "2")
    assert.is_true(slow.log:flush())
    assert.are.same({ "1", "2" }, texts(left))
    assert.are.same({}, slow.log.unwritten)
    local next_log = open { history = history() }
    next_log:adopt({}, left)
    written = {}
    next_log:flush()
    assert.are.same({ "1", "2" }, texts(written)) -- the history has the first once
  end)

  it("keeps what could not be written, in its order, and says why", function()
    local broken = history()
    local add = broken.add_event
    broken.add_event = function() return nil, "disk full" end
    local log = open { history = broken }
    log:add("joined", "node-b", "1")
    log:add("joined", "node-b", "2")
    assert.are.same({ false, "disk full" }, { log:flush() })
    broken.add_event = add
    assert.is_true(log:flush())
    assert.are.same({ "1", "2" }, texts(written))
    assert.are.same({}, fake.log)
  end)

  it("remembers after a start, behind what has happened since", function()
    local stored = {
      { at = 9, text = "old", node = "node-b" }, { at = 8, text = "older", node = fake.relay.null },
    }
    local log = open { history = history(stored) }
    log:add("started", "node-a", "new")
    log:restore()
    assert.are.same({ "new", "old", "older" }, texts(log.list))
    assert.are.equal("node-b", log.list[2].node)
    assert.is_nil(log.list[3].node)
    log:flush()
    assert.are.same({ "new" }, texts(written))
  end)

  it("goes back in the history, or in what it has", function()
    local stored = { { at = 9, text = "old" }, { at = 8, text = "older" } }
    assert.are.same({ "older" }, texts(open({ history = history(stored) }):before(9)))
    local log = open { list = stored }
    assert.are.same({ "older" }, texts(log:before(9)))
    assert.are.same({}, log:before(8))
  end)
end)
