local fake_master = require "spec.support.fake_master"

describe("relay.master", function()
  local fake, master, timers, history

  before_each(function()
    fake = fake_master.install()
    timers = {}
    fake.relay.every = function(seconds, handler) timers[seconds] = handler end
    fake.engine.choose_nearest = function() return { "node-a" } end
    history = { added = {}, events_added = {} }
    fake.time = 1000 -- ten seconds past a multiple of fifteen
  end)
  after_each(fake_master.remove)

  -- The new load of a node: main.lua first, then what begins by itself.
  local function load()
    local begin = {}
    fake.relay.after = function(_, handler) begin[#begin + 1] = handler end
    package.loaded["relay.master"] = nil
    master = require "relay.master"
    require("relay.master.page").install = function() end
    master.install()
    fake.relay.after = function(_, handler) handler() end
    return function()
      for _, handler in ipairs(begin) do
        handler()
      end
    end
  end

  local function start()
    load()()
  end

  -- The clock goes on, and the timer with it, half a second each.
  local function advance(seconds)
    for _ = 1, seconds * 2 do
      fake.time = fake.time + 0.5
      timers[0.5]()
    end
  end

  local function add(name, info)
    fake.nodes = fake.nodes or {}
    table.insert(fake.nodes, { name = name, is_plain = false })
    fake.answers[name .. " node-stats"] = fake_master.stats "garden"
    fake.answers[name .. " node-info"] = info or { version = "1", generation = 1, health = "good" }
  end

  local function count_asked(command)
    local count = 0
    for _, question in ipairs(fake.asked) do
      count = count + (question:find(command, 1, true) and 1 or 0)
    end
    return count
  end

  local function state()
    return select(2, fake_master.get "/overview/state")
  end

  it("asks at once, and then at every quarter of a minute", function()
    add "node-b"
    start()
    assert.are.equal(1, count_asked "host-stats")
    advance(4.5)
    assert.are.equal(1, count_asked "host-stats")
    advance(0.5) -- 1005
    assert.are.equal(2, count_asked "host-stats")
    advance(30)
    assert.are.equal(4, count_asked "host-stats")
    assert.are.equal(4, count_asked "node-stats")
  end)

  it("asks every three seconds while somebody looks, and shows it", function()
    add "node-b"
    start()
    fake.viewers = 1
    advance(9)
    assert.are.equal(4, count_asked "node-stats") -- and at 1002, 1005 and 1008
    assert.are.equal(2, count_asked "host-stats")
    assert.are.equal(3, #fake.live)
    fake.viewers = 0
    advance(5)
    assert.are.equal(4, count_asked "node-stats")
    assert.are.equal(3, #fake.live)
  end)

  it("asks soon when a node came, and not again and again", function()
    start()
    add "node-b"
    advance(2.5)
    assert.are.equal(0, count_asked "node-stats")
    advance(0.5)
    assert.are.equal(1, count_asked "node-stats")
    advance(1.5)
    assert.are.equal(1, count_asked "node-stats")
    assert.truthy(state():find('"nodes":2', 1, true))
  end)

  it("shows at once what has happened, once a second at most", function()
    start()
    fake.viewers = 1
    advance(2)
    local self_made = #fake.live
    local events = require("relay.master.events")
    local add_event
    events.add, add_event = events.add, events.add -- luacheck: ignore 531
    assert.is_function(add_event)
    assert.is_true(self_made >= 1)
  end)

  it("knows nothing new after a reload that changed nothing", function()
    add "node-b"
    start()
    advance(5)
    local before = state()
    assert.are.equal(1, select(2, before:gsub('"kind"', ""))) -- it has started
    start()
    assert.are.equal(before:match '"events":.*$', state():match '"events":.*$')
    assert.truthy(state():find('"joined_at":1000', 1, true))
  end)

  it("starts over when somebody put something else in relay.state", function()
    add "node-b"
    start()
    for _, nonsense in ipairs { 5, "x", {}, { records = 1, events = {} } } do
      fake.relay.state = { ["wsrelay.master"] = nonsense }
      start()
      assert.truthy(state():find('"nodes":2', 1, true))
    end
  end)

  it("answers /nearest, and lets who asks too early wait for the first round", function()
    local begin = load()
    fake.relay.sleep = function()
      fake.relay.sleep = function() end
      begin()
    end
    local status, body = fake_master.get "/nearest"
    assert.are.equal(200, status)
    assert.truthy(body:find('"host":"wss://a.example.com/connect"', 1, true))
  end)
end)
