local engine = require "relay.testkit.engine"

-- Whether a call raises this.
local function assert_raises(wanted, ...)
  local ok, message = pcall(...)
  assert.is_false(ok)
  assert.matches(wanted, message, 1, true)
end

describe("what stands behind the kit", function()
  local net

  before_each(function()
    net = engine.open(1)
  end)

  it("raises for numbers that are nobody's", function()
    for _, number in ipairs { 0, 1, -1, math.maxinteger } do
      assert_raises("no such node", engine.start, net, number)
      assert_raises("no such client", engine.hear, net, number)
      assert_raises("no such question", engine.answers, net, number)
      assert_raises("no such wire", engine.wire_hear, net, number)
    end
    assert_raises("number expected", engine.start, net, "a")
    assert_raises("wsrelay.testkit.network expected", engine.start, "net", 1)
  end)

  it("raises for a network that is closed", function()
    engine.close(net)
    for _, name in ipairs { "add", "advance", "heal", "start", "hear", "say", "ask", "encode" } do
      assert_raises("the network is closed", engine[name], net, 1, "x", "x", 1)
    end
  end)

  it("raises for a node that never ran", function()
    local node = engine.add(net, "node-a", "scripts/main.lua")
    for _, name in ipairs { "crash", "reload", "health", "channels", "peers", "nodes" } do
      assert_raises("node-a does not run", engine[name], net, node)
    end
    assert.is_false(engine.is_alive(net, node))
    assert.same({}, engine.log(net, node))
    engine.partition(net, { 1 })
    assert_raises("invalid option 'listen'", engine.set, net, node, "listen", "127.0.0.1:1")
  end)

  it("takes 64 nodes, and not 65", function()
    for i = 1, 64 do
      assert.equal(i, engine.add(net, "node-" .. i, "main.lua"))
    end
    assert_raises("more than 64 nodes", engine.add, net, "node-65", "main.lua")
  end)

  it("takes 64 headers, and not 65", function()
    local node = engine.add(net, "node-a", "scripts/main.lua")
    assert.is_true(engine.start(net, node))
    local headers = {}
    for i = 1, 64 do
      headers[2 * i - 1], headers[2 * i] = "x-" .. i, "value"
    end
    assert.is_number(engine.client(net, node, "192.0.2.1", "", nil, headers))
    headers[129], headers[130] = "x-65", "value"
    assert_raises("too many headers", engine.client, net, node, "192.0.2.1", "", nil, headers)
    assert_raises("no address", engine.client, net, node, ("1"):rep(64), "", nil, {})
  end)

  it("writes what JSON can hold, and raises for the rest", function()
    assert.equal("[1,\"a\",null,[]]", engine.encode(net, { 1, "a", engine.null, engine.array() }))
    local endless = {}
    endless.endless = endless
    assert_raises("the value", engine.encode, net, endless)
    assert_raises("the value", engine.encode, net, { print })
    assert.equal("{\"a\":1}", engine.encode(net, { a = 1 }))
  end)

  it("reads JSON, and gives nothing for the rest", function()
    assert.same({ a = { 1, 2 } }, engine.decode "{\"a\":[1,2]}")
    assert.is_nil(engine.decode "{")
    assert.is_nil(engine.decode(("["):rep(100) .. ("]"):rep(100)))
  end)
end)
