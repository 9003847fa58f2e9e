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
    nearest:install(function() end)
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

  it("does not ask the policy for more than 40,000 nodes in a second", function()
    for number = 1, 1000 do
      add(("n%04d"):format(number), 1, { health = "good" })
    end
    nearest:update(known)
    fake.chosen = { "n0001" }
    for _ = 1, 200 do
      get()
    end
    local at_once = #asked
    assert.is_true(at_once >= 75 and at_once <= 80, at_once)
    fake.time = fake.time + 1
    for _ = 1, 200 do
      assert.are.equal(200, (get()))
    end
    assert.is_true(#asked - at_once >= 36 and #asked - at_once <= 40)
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
