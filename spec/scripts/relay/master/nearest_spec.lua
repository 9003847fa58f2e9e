local fake_master = require "spec.support.fake_master"
local stubs = require "spec.support.stubs"

describe("relay.master.nearest", function()
  local fake, nearest, known, asked

  before_each(function()
    fake = fake_master.install()
    asked = {}
    fake.engine.choose_nearest = function(request, nodes)
      asked[#asked + 1] = { request = request, nodes = nodes }
      return fake.chosen
    end
    known = require("relay.master.nodes").new {
      now = function() return 1000 end, tell = function() end, forget = function() end,
    }
    nearest = require("relay.master.nearest").new()
    nearest:install(function() return fake.kept end)
  end)
  after_each(fake_master.remove)

  local function add(name, clients, info)
    info.version, info.peers = "1", {}
    info.host = info.host or "wss://" .. name .. "/"
    known:answered(name, 1000, {
      is_plain = false, info = info, stats = { clients = clients }, host = { load = 0.5, disks = {} },
      peers = {},
    })
  end

  local function three()
    add("node-b", 5, { health = "good", region = "eu" })
    add("node-c", 3, { health = "good" })
    add("node-d", 0, { health = "bad" })
    nearest:update(known)
  end

  local function get(query, headers)
    local status, body, lines = fake_master.get("/nearest", query, headers)
    return status, body, lines
  end

  it("answers what the policy chose, and the next best", function()
    three()
    fake.chosen = { "node-c", "node-b" }
    local status, body, headers = get()
    assert.are.equal(200, status)
    assert.are.equal('{"host":"wss://node-c/connect","node":"node-c","nodes":'
      .. '[{"host":"wss://node-b/connect","node":"node-b"}],"ok":true}', body)
    assert.truthy(headers:find("Access-Control-Allow-Origin: *\r\n", 1, true))
    assert.truthy(headers:lower():find("cache-control: no-store\r\n", 1, true))
    assert.are.equal("/nearest", fake.public)
  end)

  it("has an empty list when there is one node", function()
    add("node-b", 0, { health = "good" })
    nearest:update(known)
    fake.chosen = { "node-b" }
    local _, body = get()
    assert.truthy(body:find('"nodes":[]', 1, true))
  end)

  it("answers four at most, each once, and passes over names of nobody", function()
    for number = 1, 6 do
      add("n" .. number, 0, { health = "good" })
    end
    nearest:update(known)
    fake.chosen = { "nobody", "n6", "n6", "n5", "n4", "n3", "n2" }
    local _, body = get()
    local names = {}
    for name in body:gmatch '"node":"(n%d)"' do
      names[#names + 1] = name
    end
    assert.are.same({ "n6", "n5", "n4", "n3" }, names)
  end)

  it("takes healthy ones with few clients when the policy fails, or names nobody who is there", function()
    three()
    for _, chosen in ipairs { false, { "nobody" } } do
      fake.chosen = chosen or nil
      assert.are.same({ "node-c", "node-b", "node-d" }, nearest:choose { query = {}, headers = {} })
    end
  end)

  it("says that there is none", function()
    local status, body, headers = get()
    assert.are.same({ 503, '{"ok":false,"reason":"no node"}' }, { status, body })
    assert.truthy(headers:find("Access-Control-Allow-Origin: *", 1, true))
    assert.are.equal(0, #asked)
    three()
    fake.chosen = {}
    assert.are.equal(503, (get()))
  end)

  it("leaves out nodes that are lost or said no host", function()
    three()
    known:finish(1015, { ["node-b"] = true, ["node-c"] = true }, {})
    known.told["node-c"].info.host = nil
    nearest:update(known)
    assert.are.same({ "node-b" }, nearest.order)
  end)

  it("knows the host of a plain peer that main.lua dials", function()
    known:answered("plain", 1000, { is_plain = true, peers = {}, stats = { clients = 1 } })
    fake.peers, fake.configured = { { name = "plain" } }, { { name = "plain", url = "ws://p:1/node" } }
    nearest:update(known)
    assert.are.equal("ws://p:1/connect", nearest.entries.plain.facts.host)
  end)

  it("tells the policy the client's facts, and only what can be told", function()
    three()
    get("region=eu&a=%ff&b=x", { ["x-region"] = "us", ["user-agent"] = "y" })
    assert.are.same({
      address = "192.0.2.7", region = "eu", query = { region = "eu", b = "x" },
      headers = { ["x-region"] = "us", ["user-agent"] = "y" },
    }, asked[1].request)
    get("", { ["x-region"] = "us" })
    assert.are.equal("us", asked[2].request.region)
    for _, region in ipairs { "", "<b>", ("x"):rep(65) } do
      get("region=" .. region)
      assert.is_nil(asked[#asked].request.region)
    end
  end)

  it("tells the policy the nodes as docs/api has them", function()
    fake.nodes = { { name = "node-b", distance_ms = 2 } }
    add("node-b", 5, { health = "good", region = "eu" })
    nearest:update(known)
    get()
    assert.are.equal('[{"clients":5,"draining":false,"health":"good","host":"wss://node-b/connect",'
      .. '"latency_ms":4,"load":0.5,"name":"node-b","region":"eu"}]', asked[1].nodes)
    local classes = stubs.classes "docs/api/policies.lua"
    assert.are.same(stubs.names(classes["relay.NearestNode"]), stubs.names(nearest.entries["node-b"].facts))
    local request = stubs.names(asked[1].request)
    request.nodes, request.time, request.region = true, true, true
    assert.are.same(stubs.names(classes["relay.NearestRequest"]), request)
  end)

  it("counts whom it has sent to a node, until the next round", function()
    three()
    fake.chosen = { "node-c" }
    get()
    get()
    assert.truthy(asked[2].nodes:find('"clients":4', 1, true))
    assert.are.equal(5, nearest.entries["node-c"].facts.clients)
    nearest:update(known)
    assert.are.equal(3, nearest.entries["node-c"].facts.clients)
  end)

  -- Asks once from each of so many addresses; how many were answered.
  local function ask_from(count)
    local answered = 0
    for number = 1, count do
      local status = fake_master.get("/nearest", nil, nil, "192.0.2." .. number)
      answered = answered + (status == 200 and 1 or 0)
    end
    return answered
  end

  local function many(count)
    for number = 1, count do
      add(("n%04d"):format(number), 1, { health = "good" })
    end
    nearest:update(known)
  end

  it("does not ask the policy for more than 40,000 nodes in a second", function()
    many(1000)
    fake.chosen = { "n0001" }
    assert.are.equal(200, ask_from(200))
    local at_once = #asked
    assert.is_true(at_once >= 75 and at_once <= 80, at_once)
    fake.time = fake.time + 1
    assert.are.equal(200, ask_from(200))
    assert.is_true(#asked - at_once >= 36 and #asked - at_once <= 40)
  end)

  it("goes round the healthy ones with the fewest clients when it does not ask the policy", function()
    many(1000)
    fake.chosen = nil
    for number = 1, 1000 do
      local _, body = fake_master.get("/nearest", nil, nil, "10.0." .. number // 250 .. "." .. number % 250)
      assert.truthy(body:find(('"node":"n%04d","nodes"'):format(number), 1, true))
    end
    for _, entry in pairs(nearest.entries) do
      assert.are.equal(2, entry.facts.clients)
    end
  end)

  it("has its nodes in order however they are chosen", function()
    for number = 1, 40 do
      add(("n%02d"):format(number), number * 7 % 11, { health = number % 3 == 0 and "bad" or "good" })
    end
    nearest:update(known)
    for number = 1, 400 do
      fake.chosen = number % 2 == 0 and { ("n%02d"):format(number * 13 % 40 + 1) } or nil
      fake_master.get("/nearest", nil, nil, "10.0." .. number // 250 .. "." .. number % 250)
    end
    local all = {}
    for _, entry in pairs(nearest.entries) do
      all[#all + 1] = entry.facts
    end
    table.sort(all, function(a, b)
      if a.health ~= b.health then
        return a.health == "good"
      elseif a.clients ~= b.clients then
        return a.clients < b.clients
      end
      return a.name < b.name
    end)
    fake.chosen = nil
    assert.are.same({ all[1].name, all[2].name, all[3].name, all[4].name },
      nearest:choose { query = {}, headers = {} })
  end)

  it("refuses one that asks too often, and counts no refusal as a client", function()
    three()
    fake.chosen = { "node-b" }
    local refused = 0
    for _ = 1, 60 do
      local status, body, headers = get()
      if status == 429 then
        refused = refused + 1
        assert.are.equal('{"ok":false,"reason":"too many requests"}', body)
        assert.truthy(headers:find("Retry-After: 1\r\n", 1, true))
        assert.truthy(headers:find("Access-Control-Allow-Origin: *", 1, true))
      end
    end
    assert.are.equal(10, refused)
    assert.are.equal(55, nearest.entries["node-b"].facts.clients)
    assert.are.equal(1, ask_from(1))
  end)

  it("answers from what the last load knew, until there is a round", function()
    fake.kept = { { name = "node-x", host = "wss://x/connect", clients = 2, draining = false } }
    fake.chosen = { "node-x" }
    assert.are.equal(200, (get()))
    assert.are.equal('[{"clients":2,"draining":false,"host":"wss://x/connect","name":"node-x"}]',
      asked[1].nodes)
    three()
    fake.chosen = nil
    assert.are.same({ "node-c", "node-b", "node-d" }, nearest:choose { query = {}, headers = {} })
  end)

  it("tells the policy of a thousand nodes at most, the healthy ones first", function()
    for number = 1, 1001 do
      add(("n%04d"):format(number), 1, { health = number == 5 and "bad" or "good" })
    end
    nearest:update(known)
    assert.are.equal(1000, #nearest.order)
    assert.is_nil(nearest.entries.n0005)
  end)
end)
