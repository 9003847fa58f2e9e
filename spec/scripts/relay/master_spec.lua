local fake_master = require "spec.support.fake_master"

describe("relay.master", function()
  local fake, timers, history

  before_each(function()
    fake = fake_master.install()
    timers = {}
    fake.relay.every = function(seconds, handler) timers[seconds] = handler end
    fake.engine.choose_nearest = function() return { "node-a" } end
    fake.engine.configuration = function()
      return { peers = {}, history = { path = "/srv/node-a-history.db" } }
    end
    fake.time = 1000 -- ten seconds past a multiple of fifteen
    history = { added = {}, events_added = {} }
  end)
  after_each(fake_master.remove)

  local function stand_in_for_others()
    package.loaded["relay.master.page"] = { install = function() end }
    package.loaded["relay.master.synchronise"] = {
      new = function(given)
        fake.mended = given.on_mended
        return { start = function() end }
      end,
    }
    package.loaded["relay.master.history"] = {
      open = function(given)
        history.opened = given
        return history.is_broken == nil and history or nil, history.is_broken
      end,
    }
    function history:add(at, samples)
      table.insert(self.added, { at = at, samples = samples })
      return not self.fails, self.fails
    end
    function history:add_event(event)
      table.insert(self.events_added, event)
      return true
    end
    function history:nodes()
      return self.known or {}
    end
    function history:events()
      return self.before or {}
    end
  end

  -- A load of the scripts; what it answers lets the node begin.
  local function load()
    local begin = {}
    fake.relay.after = function(_, handler) begin[#begin + 1] = handler end
    stand_in_for_others()
    package.loaded["relay.master"] = nil
    require("relay.master").install()
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
      timers[0.25]()
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
    advance(0.5)
    assert.are.equal(0, #fake.live)
    for number = 1, 4 do
      fake.mended { kind = "mended", node = "node-b", text = "channel " .. number }
      advance(0.5) -- 1001, 1001.5, 1002: a round, 1002.5
    end
    assert.are.equal(2, #fake.live)
    assert.truthy(fake.live[1]:find("channel 1", 1, true))
    assert.truthy(fake.live[2]:find("channel 3", 1, true))
  end)

  it("knows nothing new after a reload that changed nothing", function()
    add "node-b"
    start()
    advance(5)
    local before = state()
    assert.are.equal(1, select(2, before:gsub('"kind"', ""))) -- it has started
    start()
    assert.are.equal(before:match '"events":.*$', state():match '"events":.*$')
    assert.is_nil(state():find('"joined_at":1', 1, true)) -- it was there before
  end)

  it("gives the history a sample of each full round, with its time, and every event once", function()
    add "node-b"
    start()
    assert.are.same({ path = "/srv/node-a-history.db" }, history.opened)
    fake.viewers = 1
    advance(21)
    assert.are.equal(2, #history.added)
    assert.are.same({ 1005, 1020 }, { history.added[1].at, history.added[2].at })
    assert.are.equal(2, #history.added[1].samples.nodes)
    assert.are.equal("garden", history.added[1].samples.channels[1].name)
    assert.are.equal(1, #history.events_added)
    assert.are.equal("started", history.events_added[1].kind)
  end)

  it("loses no sample by a reload, whether it is not written yet or its round is under way", function()
    add "node-b"
    start()
    advance(4.5)
    fake.time = 1005
    timers[0.5]() -- a full round, and a reload before the timer that writes it
    start()
    timers[0.25]()
    assert.are.equal(1, #history.added)
    assert.are.equal(1005, history.added[1].at)
    assert.are.equal(2, #history.added[1].samples.nodes)
    fake.time = 1020.25 -- the reload broke off the round of 1020
    start()
    timers[0.25]()
    assert.are.equal(2, #history.added)
    assert.are.same({ 1020.25, 2 }, { history.added[2].at, #history.added[2].samples.nodes })
  end)

  it("remembers after a start what the history has, and not twice after a reload", function()
    history.before = { { at = 5, kind = "left", node = "node-x", text = "long ago" } }
    start()
    assert.truthy(state():find('"text":"watches the network"},{"at":5,', 1, true))
    start()
    assert.are.equal(1, select(2, state():gsub("long ago", "")))
  end)

  it("shows after a start who was lost before it, and who is away since", function()
    history.known = {
      { name = "node-a", joined_at = 5, seen_at = 980 }, { name = "node-b", joined_at = 5, seen_at = 980 },
      { name = "node-x", joined_at = 6, seen_at = 900, left_at = 930 },
      { name = "node-y", joined_at = 7, seen_at = 980 },
    }
    add "node-b"
    start()
    assert.truthy(state():find('"joined_at":5,', 1, true))
    assert.truthy(state():find('"joined_at":6,', 1, true))
    assert.is_nil(state():find('"left"', 1, true))
    assert.is_nil(state():find('"node-y"', 1, true))
    start() -- a reload, which asks the history no more
    history.known = nil
    advance(36)
    assert.truthy(state():find('"node":"node-y","text":"left while the master was away"', 1, true))
    assert.are.equal(2, select(2, state():gsub('"state":"lost"', "")))
    fake.time = 1100
    add "node-x"
    advance(1)
    assert.truthy(state():find('"node":"node-x","text":"is back after 2 min"', 1, true))
  end)

  it("says when the history does not tell who was there", function()
    function history:nodes() -- luacheck: ignore
      return nil, "disk full"
    end
    local nodes = history.nodes
    local begin = load()
    history.nodes = nodes
    begin()
    assert.are.same({ "warn overview: the history does not tell of earlier: disk full" }, fake.log)
    assert.truthy(state():find("watches the network", 1, true))
  end)

  it("works without a history, and says why there is none", function()
    history.is_broken = "history: /srv/x: unable to open database file"
    start()
    advance(16)
    assert.are.same({ "error overview: no histories: " .. history.is_broken }, fake.log)
    assert.are.equal(503, (fake_master.get "/overview/history"))
    assert.truthy(state():find("watches the network", 1, true))
  end)

  it("says who must own the history when it may not open or write it", function()
    local owner = ": the file, what lies beside it (-wal, -shm) and their directory must belong to the "
      .. "node's user, uid 997, and be writable for it"
    for _, reason in ipairs {
      "history: /srv/x: Permission denied", "history: /srv/x: attempt to write a readonly database",
    } do
      fake.log, fake.relay.state, history.is_broken = {}, {}, reason
      start()
      assert.are.same({ "error overview: no histories: " .. reason .. owner }, fake.log)
    end
    fake.log, history.is_broken, history.fails = {}, nil, "attempt to write a readonly database"
    start()
    advance(16)
    assert.are.same({ "warn overview: the history is not written: " .. history.fails .. owner }, fake.log)
  end)

  it("says once that the history is not written, until it is again", function()
    start()
    history.fails = "disk full"
    advance(36)
    assert.are.same({ "warn overview: the history is not written: disk full" }, fake.log)
    history.fails = nil
    advance(15)
    history.fails = "disk full"
    advance(15)
    assert.are.equal("info overview: the history is written again", fake.log[2])
    assert.are.equal(fake.log[1], fake.log[3])
  end)

  it("makes events of what was mended", function()
    start()
    fake.mended { at = 1, kind = "mended", node = "node-b", text = "reserved garden" }
    assert.truthy(state():find('"kind":"mended","node":"node-b","text":"reserved garden"', 1, true))
  end)

  it("starts over when somebody put something else in relay.state", function()
    add "node-b"
    start()
    for _, nonsense in ipairs { 5, "x", {}, { nodes = 1, events = {} } } do
      fake.relay.state = { ["wsrelay.master"] = nonsense }
      start()
      assert.truthy(state():find('"nodes":2', 1, true))
    end
  end)

  it("answers /nearest at once, also before the first round", function()
    local begin = load()
    local status, body, headers = fake_master.get "/nearest"
    assert.are.same({ 503, '{"ok":false,"reason":"no node"}' }, { status, body })
    assert.truthy(headers:find("Retry-After: 1\r\n", 1, true))
    begin()
    status, body = fake_master.get "/nearest"
    assert.are.equal(200, status)
    assert.truthy(body:find('"host":"wss://a.example.com/connect"', 1, true))
  end)

  it("answers /nearest after a reload as before it", function()
    add "node-b"
    start()
    assert.are.equal(200, (fake_master.get "/nearest"))
    load()
    assert.are.equal(200, (fake_master.get "/nearest"))
    local others = { 5, {}, { name = 5, host = "x", clients = 1 }, { name = "x", host = "x" } }
    for _, nonsense in ipairs { 5, others } do
      fake.relay.state["wsrelay.master"].nearest = nonsense
      load()
      assert.are.equal(503, (fake_master.get "/nearest"))
    end
  end)

  it("lets thirty-two wait for the first round, and wakes them", function()
    local begin, topic = load(), nil
    fake.engine.wait = function(given)
      topic = given
      coroutine.yield()
    end
    local answers = {}
    local function ask()
      local thread = coroutine.create(function()
        table.insert(answers, (fake_master.get "/overview/state"))
      end)
      coroutine.resume(thread)
      return thread
    end
    local threads = {}
    for number = 1, 32 do
      threads[number] = ask()
    end
    assert.are.same({}, answers)
    ask()
    assert.are.same({ 503 }, answers)
    begin()
    assert.are.equal(topic, fake.woken)
    for _, thread in ipairs(threads) do
      coroutine.resume(thread)
    end
    assert.are.equal(33, #answers)
    assert.are.equal(200, answers[33])
    ask()
    assert.are.equal(200, answers[34])
  end)
end)
