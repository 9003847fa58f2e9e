local fake_master = require "spec.support.fake_master"

describe("relay.master.chronicle", function()
  local fake, chronicle, events, history, opened, restored, state, now

  before_each(function()
    fake = fake_master.install()
    now, opened, restored = 1000, 0, {}
    history = { added = {}, events = {} }
    function history:add(at)
      if self.fails then
        return nil, self.fails
      end
      table.insert(self.added, at)
      return true
    end
    function history:add_event(event)
      table.insert(self.events, event.text)
      return not self.fails, self.fails
    end
    function history.nodes() return { { name = "node-x" } } end
    events = {
      flush = function() return true end,
      restore = function()
        table.insert(restored, "events")
        return true
      end,
    }
    state = {}
    chronicle = require("relay.master.chronicle").new {
      open = function()
        opened = opened + 1
        return not history.is_closed and history or nil, history.is_closed
      end,
      nodes = { restore = function(_, list) table.insert(restored, list[1].name) end },
      events = events,
    }
  end)
  after_each(fake_master.remove)

  -- The clock goes on, and the timer with it.
  local function advance(seconds)
    for _ = 1, seconds do
      now = now + 1
      chronicle:write(now)
    end
  end

  it("tries again with longer and longer pauses to open what could not be opened", function()
    history.is_closed = "database is locked"
    chronicle:begin(state, now)
    advance(4)
    assert.are.equal(1, opened)
    advance(1 + 10 + 20 + 40 + 60 + 59)
    assert.are.equal(6, opened)
    advance(1)
    assert.are.equal(7, opened)
    assert.are.same({ "error overview: no histories: database is locked" }, fake.log)
    assert.is_nil(chronicle.history)
  end)

  it("writes what was left and knows what was before when it is open at last, and says so once", function()
    history.is_closed = "database is locked"
    chronicle:begin(state, now)
    state.sample = { at = 990, samples = {} }
    history.is_closed = nil
    advance(20)
    assert.are.same({ "events", "node-x" }, restored)
    assert.are.same({ 990 }, history.added)
    assert.are.same({
      "error overview: no histories: database is locked", "info overview: the history is written again",
    }, fake.log)
    assert.are.equal(2, opened)
  end)

  it("opens a history anew that takes nothing, for its file may be another", function()
    chronicle:begin(state, now)
    history.fails, state.sample = "the file was deleted", { at = 1001, samples = {} }
    advance(1)
    assert.are.equal(1, opened)
    state.sample = { at = 1002, samples = {} } -- of the next round
    history.fails = nil
    advance(5)
    assert.are.equal(2, opened)
    assert.are.same({ 1002 }, history.added)
    assert.are.same({ "events", "node-x" }, restored) -- once
    assert.are.same({
      "warn overview: the history is not written: the file was deleted",
      "info overview: the history is written again",
    }, fake.log)
    advance(20)
    assert.are.equal(2, opened)
  end)

  it("keeps one that was open so that it says what is wrong", function()
    chronicle:begin(state, now)
    history.fails, state.sample = "disk full", { at = 1001, samples = {} }
    advance(1)
    history.is_closed = "disk full"
    advance(100)
    assert.are.equal(history, chronicle.history)
    assert.are.equal(1, #fake.log)
  end)

  it("keeps a sample until it is written, and never the one of a later round", function()
    chronicle:begin(state, now)
    state.sample = { at = 1001, samples = {} }
    local add = history.add
    history.add = function(self, at)
      state.sample = { at = 1015, samples = {} } -- a round ends meanwhile
      history.add = add
      return add(self, at)
    end
    advance(2)
    assert.are.same({ 1001, 1015 }, history.added)
    assert.is_nil(state.sample)
  end)

  it("reads again what was before when it could not be read, and believes nothing meanwhile", function()
    local restore = events.restore
    events.restore = function() return nil, "database is locked" end
    chronicle:begin(state, now)
    assert.are.same({}, restored)
    events.restore = restore
    advance(5)
    assert.are.same({ "events", "node-x" }, restored)
    assert.is_true(state.is_restored)
    assert.are.same({
      "warn overview: the history does not tell of earlier: database is locked",
      "info overview: the history is written again",
    }, fake.log)
  end)

  it("is told of events that were not written", function()
    chronicle:begin(state, now)
    events.flush = function() return false, "disk full" end
    advance(30)
    assert.are.same({ "warn overview: the history is not written: disk full" }, fake.log)
  end)

  it("restores nothing that the last load did", function()
    state.is_restored = true
    chronicle:begin(state, now)
    assert.are.same({}, restored)
  end)

  it("waits no longer than the pause when the clock is set back", function()
    history.is_closed = "database is locked"
    chronicle:begin(state, now)
    now = 10
    advance(1)
    assert.are.equal(2, opened)
  end)

  it("says who must own the file that it may not open", function()
    history.is_closed = "history: /srv/x: Permission denied"
    chronicle:begin(state, now)
    assert.truthy(fake.log[1]:find("must belong to the node's user, uid 997", 1, true))
  end)
end)
