local testkit = require "relay.testkit"

local MAIN = "tests/testkit/node/main.lua"
local LINE = { { "node-a", "node-b" }, { "node-b", "node-c" } }

local function line()
  return testkit.network { "node-a", "node-b", "node-c", links = LINE, main = MAIN }
end

-- Runs with a main.lua of this text, which `write` replaces.
local function with_main(text, run)
  local path = os.tmpname()
  local function write(content)
    local file = assert(io.open(path, "w"))
    file:write(content)
    file:close()
  end
  write(text)
  finally(function()
    os.remove(path)
  end)
  run(path, write)
end

local ANSWERING = [[
local relay = require "relay"
relay.node { limits = { channels_per_client = %d } }
relay.command("version", function() return { version = %d } end)
]]

local FAILED = { ok = false, reason = "internal error" }

describe("scripts in a network", function()
  it("answer a command over three nodes", function()
    local net = line()
    assert.same({ ok = true, greeting = "hello node-a, here is node-c" },
      net:request("node-a", "node-c", { command = "say-hello" }))
    assert.same({ ok = true, greeting = "hello node-b, here is node-c" },
      net:request("node-a", "node-b", { command = "pass-on", to = "node-c" }))
  end)

  it("answer the commands of the protocol", function()
    local net = line()
    local nodes = { ok = true, nodes = { "node-b" } }
    assert.same(nodes, net:request("node-a", "node-c", { command = "list-nodes" }))
    local unknown = { ok = false, reason = "unknown command" }
    assert.same(unknown, net:request("node-a", "node-c", { command = "dance" }))
  end)

  it("answer a broadcast", function()
    local net = line()
    assert.same({
      ["node-b"] = { ok = true, greeting = "hello node-a, here is node-b" },
      ["node-c"] = { ok = true, greeting = "hello node-a, here is node-c" },
    }, net:broadcast("node-a", { command = "say-hello" }))
  end)

  it("are asked with a name and a table", function()
    local net = line()
    assert.has_error(function()
      net:request("node-a", "node-a", { command = "say-hello" })
    end, "node-a cannot ask itself")
    assert.has_error(function()
      net:request("node-a", nil, { command = "say-hello" })
    end, "a node's name must be a text, and is nil")
    assert.has_error(function()
      net:request("node-a", "node-b", "say-hello")
    end, "data must be a table, as { command = \"say-hello\" }")
    assert.same({ nil, "timed out" }, { net:request("node-a", "nobody", { command = "say-hello" }) })
  end)

  it("that never rest do not stop the clock", function()
    local restless = [[
      local relay = require "relay"
      relay.node {}
      relay.after(0, function() while true do relay.sleep(0) end end)
      relay.command("loop", function() while true do end end)]]
    with_main(restless, function(path)
      local net = testkit.network { "node-a", "node-b", main = path }
      local before = net:time()
      net:advance(1)
      assert.equal(before + 1, net:time())
      assert.same(FAILED, net:request("node-a", "node-b", { command = "loop" }))
      assert.matches("ran over its budget", net:log("node-b", "handler failed")[1], 1, true)
    end)
  end)

  it("see the network's clock, also as os.time", function()
    local net = line()
    local start = net:request("node-a", "node-b", { command = "clock" })
    net:advance(3600)
    local later = net:request("node-a", "node-b", { command = "clock" })
    assert.is_near(3602, later.time - start.time, 2)
    assert.equal(os.date("!%Y-%m-%d", start.time), start.date)
    assert.equal(os.time { year = 2026, month = 1, day = 1 }, start.new_year)
  end)

  it("have their timers run", function()
    local net = testkit.network { "node-a", main = MAIN }
    local before = #net:log("node-a", "tick")
    net:advance(60)
    assert.equal(6, #net:log("node-a", "tick") - before)
    assert.is_true(net:wait(20, function()
      return #net:log("node-a", "tick") - before == 8
    end))
  end)

  it("hear of peers", function()
    local net = line()
    assert.equal(1, #net:log("node-a", "hello to node-b"))
  end)

  it("that raise are answered for, and logged with their place", function()
    local net = line()
    assert.same(FAILED, net:request("node-a", "node-b", { command = "break" }))
    local lines = net:log("node-b", "handler failed")
    assert.equal(1, #lines)
    assert.matches("tests/testkit/node/main.lua:23: it broke", lines[1])
  end)

  it("cannot end the specs' process", function()
    local net = line()
    assert.same(FAILED, net:request("node-a", "node-b", { command = "leave" }))
    assert.equal(1, #net:log("node-b", "os.exit would end the test"))
  end)

  it("are loaded anew, and connections stand", function()
    with_main(ANSWERING:format(9, 1), function(path, write)
      local net = testkit.network { "node-a", "node-b", main = path }
      local alice = net:client "node-a"
      alice:subscribe "channel"
      assert.equal(1, net:request("node-b", "node-a", { command = "version" }).version)
      write(ANSWERING:format(1, 2))
      assert.is_true(net:reload "node-a")
      assert.equal(2, net:request("node-b", "node-a", { command = "version" }).version)
      assert.equal(1, net:request("node-a", "node-b", { command = "version" }).version)
      assert.same({ ok = false, reason = "too many channels" }, alice:subscribe "other")
      assert.equal(1, #net:log("node-a", "reloaded"))
      assert.same({ "node-b" }, net:peers "node-a")
    end)
  end)

  it("that cannot be loaded leave the old ones", function()
    with_main(ANSWERING:format(9, 1), function(path, write)
      local net = testkit.network { "node-a", "node-b", main = path }
      write "local relay = require \"relay\"\nrelay.node {"
      local is_loaded, message = net:reload "node-a"
      assert.is_nil(is_loaded)
      assert.matches(path .. ":2: ", message, 1, true)
      assert.equal(1, net:request("node-b", "node-a", { command = "version" }).version)
      assert.equal(1, #net:log("node-a", "reload refused"))
    end)
  end)

  it("may be replaced by others", function()
    with_main(ANSWERING:format(9, 5), function(path)
      local net = testkit.network { "node-a", "node-b", main = MAIN }
      assert.is_true(net:reload("node-a", { main = path }))
      assert.equal(5, net:request("node-b", "node-a", { command = "version" }).version)
      assert.is_true(net:reload("node-b", { policies = "policies" }))
      assert.is_table(net:client("node-b", { origin = "https://evil.example.com" }))
      assert.is_nil(net:reload("node-b", { policies = "no/such/directory" }))
    end)
  end)

  it("begin anew when their node starts again", function()
    with_main(ANSWERING:format(9, 1), function(path, write)
      local net = testkit.network { "node-a", "node-b", main = path }
      net:crash "node-a"
      write "syntax error"
      assert.has_error(function()
        net:start "node-a"
      end)
      assert.is_false(net:is_alive "node-a")
      write(ANSWERING:format(9, 2))
      net:start "node-a"
      net:settle()
      assert.equal(2, net:request("node-b", "node-a", { command = "version" }).version)
    end)
  end)

  it("say how their node is", function()
    local net = line()
    assert.same({ healthy = "good", reason = "healthy" }, net:health "node-a")
    net:crash "node-b"
    net:advance(30)
    assert.same({ healthy = "degraded", reason = "no peers" }, net:health "node-a")
  end)
end)
