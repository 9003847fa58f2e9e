local fake_master = require "spec.support.fake_master"

local KEYS = {
  "bytes_in_per_second", "bytes_out_per_second", "channels", "clients", "disk_total", "disk_used", "disks",
  "draining", "generation", "health", "host", "is_master", "is_plain", "joined_at", "kbits_per_second",
  "load", "memory_total", "memory_used", "messages_per_second", "name", "process", "reason", "region",
  "seen_at", "state", "uptime_seconds", "version",
}

describe("relay.master.overview", function()
  local fake, overview, rounds, events, history

  before_each(function()
    fake = fake_master.install()
    history = nil
    events = require("relay.master.events").new {
      now = function() return fake.time end,
      history = function() return history end,
    }
    rounds = require("relay.master.collect").new(require("relay.master.nodes").new {
      now = function() return fake.time end,
      tell = function(...) events:add(...) end,
      forget = function() end,
    })
    overview = require("relay.master.overview").new {
      collect = rounds, events = events, history = function() return history end,
    }
    overview:install(function() end)
  end)
  after_each(fake_master.remove)

  local function add(name, info)
    fake.nodes = fake.nodes or {}
    table.insert(fake.nodes, { name = name, is_plain = info == nil })
    fake.answers[name .. " node-stats"] = fake_master.stats "locked"
    fake.answers[name .. " host-stats"] = {
      cpu = { ["1m"] = 0.5 }, mem = { used = 1, total = 2 }, disk = { { mount = "/", used = 3, total = 4 } },
      network = { bytes = { ["15s_in"] = 15, ["15s_out"] = 30 } },
    }
    fake.answers[name .. " node-info"] = info
  end

  -- One node's entry in the state.
  local function entry_of(name)
    for entry in overview:state():match('"nodes":(%b[]),"links"'):gmatch "%b{}" do
      if entry:find(('"name":"%s"'):format(name), 1, true) then
        return entry
      end
    end
  end

  it("tells everything that it knows of a node", function()
    add("node-b", {
      version = "0.2.0", generation = 3, uptime_seconds = 7, host = "wss://b/", region = "eu",
      health = "degraded", reason = "no peers", draining = true, master = true,
    })
    rounds:round(1000, true)
    assert.are.equal('{"bytes_in_per_second":1.0,"bytes_out_per_second":2.0,"channels":1,"clients":1,'
      .. '"disk_total":4,"disk_used":3,"disks":[{"mount":"/","total":4,"used":3}],"draining":true,'
      .. '"generation":3,"health":"degraded","host":"wss://b/","is_master":true,"is_plain":false,'
      .. '"joined_at":1000,"kbits_per_second":3,"load":0.5,"memory_total":2,"memory_used":1,'
      .. '"messages_per_second":2.0,"name":"node-b","process":null,"reason":"no peers","region":"eu",'
      .. '"seen_at":1000,'
      .. '"state":"up","uptime_seconds":7,"version":"0.2.0"}', entry_of "node-b")
  end)

  it("has every key for every node, and null for what is not known", function()
    add("node-b", nil)
    rounds:round(1000, false)
    for _, name in ipairs { "node-a", "node-b" } do
      local keys = {}
      local entry = entry_of(name):gsub('"disks":%b[]', '"disks":0'):gsub('"process":%b{}', '"process":0')
      for key in entry:gmatch '"([%w_]+)":' do
        keys[#keys + 1] = key
      end
      assert.are.same(KEYS, keys)
    end
    local entry = entry_of "node-b"
    assert.truthy(entry:find('"is_plain":true', 1, true))
    for _, key in ipairs { "load", "version", "host", "health", "disk_total", "uptime_seconds", "process" } do
      assert.truthy(entry:find(('"%s":null'):format(key), 1, true), key)
    end
    assert.truthy(entry:find('"disks":[]', 1, true))
  end)

  it("tells of a node's process what it told, and what rose lately", function()
    local told = { cpu_seconds = 5, resident_bytes = 7, slow_clients = 2, messages_dropped = 0 }
    local info = { version = "0.2.0", uptime_seconds = 1000, process = told }
    add("node-b", info)
    rounds:round(1000, false)
    told.cpu_seconds, told.slow_clients, info.uptime_seconds = 7, 5, 1010
    rounds:round(1003, false)
    assert.are.equal('"process":{"connections_refused":null,"cpu":0.2,"handler_failures":null,"links":null,'
      .. '"messages_dropped":0,"policy_failures":null,"queued_bytes":null,"recent":{"connections_refused":0,'
      .. '"handler_failures":0,"messages_dropped":0,"policy_failures":0,"slow_clients":3},'
      .. '"reloads_refused":null,"resident_bytes":7,"slow_clients":5}',
      entry_of("node-b"):match '"process":%b{}')
  end)

  it("does not show what a lost node told as figures of now", function()
    add("node-b", { version = "0.2.0", uptime_seconds = 7, health = "good", reason = "healthy" })
    rounds:round(1000, true)
    fake.nodes = {}
    rounds:round(1015, true)
    local entry = entry_of "node-b"
    assert.truthy(entry:find('"state":"lost"', 1, true))
    assert.truthy(entry:find('"seen_at":1000', 1, true))
    assert.truthy(entry:find('"version":"0.2.0"', 1, true))
    for _, key in ipairs { "clients", "load", "health", "reason", "uptime_seconds" } do
      assert.truthy(entry:find(('"%s":null'):format(key), 1, true), key)
    end
  end)

  it("has the network, links, channels and events beside the nodes", function()
    fake.peers = { { name = "node-b", latency_ms = 0.5 } }
    add("node-b", { version = "0.2.0" })
    rounds:round(1000, true)
    local text = overview:state()
    for _, part in ipairs {
      '"at":1000', '"master":"node-a"', '"version":"0.1.0"', '"uptime_seconds":100', '"channels_left_out":0',
      '"network":{"channels":1,"clients":1,"kbits_per_second":3,"messages_per_second":2.0,"nodes":2}',
      '"links":[{"a":"node-a","b":"node-b","latency_ms":0.5}]',
      '"channels":[{"clients":1,"kbits_per_second":1.5,"messages_per_second":1.0,"name":"locked",'
        .. '"nodes":["node-b"],"protected":true,"subscribers":[{"clients":1,"node":"node-b"}]}]',
      '"events":[{"at":1000,"kind":"joined","node":"node-b","text":"joined the network"},{"at":1000,',
    } do
      assert.truthy(text:find(part, 1, true), part .. " in " .. text)
    end
  end)

  it("is a whole state before the first round", function()
    local text = overview:state()
    assert.truthy(text:find('"nodes":[],"links":[],"channels":[],"events":[]}', 1, true))
  end)

  it("builds the text once for all, until something is new", function()
    rounds:round(1000, true)
    local first = overview:state()
    fake.time = 1001
    assert.are.equal(first, overview:state())
    events:add("mended", "node-b", "a channel")
    assert.truthy(overview:state():find("a channel", 1, true))
    rounds:round(1002, false)
    assert.truthy(overview:state():find('"seen_at":1002', 1, true))
  end)

  it("gives the loop a turn after every hundred of a list", function()
    for number = 1, 250 do
      add(("n%03d"):format(number), { version = "1" })
    end
    rounds:round(1000, false)
    local turns = 0
    fake.relay.sleep = function() turns = turns + 1 end
    local text = overview:state()
    assert.are.equal(2, turns) -- 251 nodes
    assert.are.equal(251, select(2, text:gsub('"is_plain":', "")))
  end)

  it("shows it to those who look, and to nobody else", function()
    overview:show()
    assert.are.same({}, fake.live)
    fake.viewers = 1
    overview:show()
    assert.are.same({ overview:state() }, fake.live)
  end)

  it("answers GET /overview/state", function()
    local status, body, headers, kind = fake_master.get "/overview/state"
    assert.are.same({ 200, overview:state(), "application/json" }, { status, body, kind })
    assert.truthy(headers:lower():find("cache-control: no-store\r\n", 1, true))
  end)

  it("says that there are no histories", function()
    local status, body = fake_master.get "/overview/history"
    assert.are.same({ 503, '{"ok":false,"reason":"no histories"}' }, { status, body })
  end)

  it("reads a history", function()
    local asked
    history = {
      read = function(_, question)
        asked = question
        return { span = question.span, rows = { { 1, 2 } } }
      end,
    }
    local status, body = fake_master.get("/overview/history", "channel=my%20room&span=day")
    assert.are.same({ 200, '{"rows":[[1,2]],"span":"day"}' }, { status, body })
    assert.are.same({ channel = "my room", span = "day", now = 1000 }, asked)
    fake_master.get("/overview/history", "node=node-b")
    assert.are.same({ node = "node-b", span = "hour", now = 1000 }, asked)
    history.read = function() return nil, "disk full" end
    assert.are.equal(503, (fake_master.get "/overview/history"))
  end)

  it("says what is wrong with a question for histories", function()
    for query, reason in pairs {
      ["span=year"] = "span must be hour, day or month",
      ["node=a&channel=b"] = "node and channel exclude each other",
      ["node="] = "node must be a node's name",
      ["node=%0a"] = "node must be a node's name",
      ["channel="] = "channel must be a channel's name",
      ["channel=%ff"] = "channel must be a channel's name",
      ["channel=" .. ("x"):rep(257)] = "channel must be a channel's name",
      ["nod=a"] = "unknown argument; known are node, channel, span",
    } do
      local status, body = fake_master.get("/overview/history", query)
      assert.are.same({ 400, ('{"ok":false,"reason":"%s"}'):format(reason) }, { status, body })
    end
  end)

  it("answers earlier events", function()
    events:add("started", nil, "first")
    fake.time = 1010
    events:add("left", "node-b", "second")
    local _, body = fake_master.get("/overview/events", "before=1010")
    assert.are.equal('{"events":[{"at":1000,"kind":"started","node":null,"text":"first"}]}', body)
    assert.are.equal(2, select(2, select(2, fake_master.get "/overview/events"):gsub('"at"', "")))
    for _, query in ipairs { "before=x", "before=-1", "before=1e999", "before=nan", "before=", "after=1" } do
      assert.are.equal(400, (fake_master.get("/overview/events", query)), query)
    end
  end)
end)
