local testkit = require "relay.testkit"

local MAIN = "tests/testkit/node/main.lua"

local function network(given)
  given.main = given.main or MAIN
  return testkit.network(given)
end

-- A main.lua with this text, in a directory of its own.
local function written(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  finally(function()
    os.remove(path)
  end)
  return path
end

describe("testkit.network", function()
  it("links all nodes with all when no links are given", function()
    local net = network { "node-a", "node-b", "node-c" }
    assert.same({ "node-b", "node-c" }, net:peers "node-a")
    assert.same({ "node-a", "node-c" }, net:peers "node-b")
    assert.same({ "node-b", "node-c" }, net:nodes "node-a")
  end)

  it("has no links but those that are given", function()
    local links = { { "node-a", "node-b" }, { "node-b", "node-c" } }
    local net = network { "node-a", "node-b", "node-c", links = links }
    net:advance(120)
    assert.same({ "node-b" }, net:peers "node-a")
    assert.same({ "node-a", "node-c" }, net:peers "node-b")
    assert.same({ "node-b", "node-c" }, net:nodes "node-a")
  end)

  it("leaves main.lua's peers out, also of a node that dials nobody", function()
    local main = written [[
      require("relay").node { peers = { { name = "node-b", url = "ws://192.0.2.9/node", token = "t" } } }]]
    local net = network { "node-a", "node-b", main = main, links = { { "node-a", "node-b" } } }
    net:advance(60)
    assert.same({ "node-a" }, net:peers "node-b")
    assert.same({}, net:log("node-b", "dial"))
  end)

  it("takes one node alone", function()
    local net = network { "alone" }
    assert.same({}, net:nodes "alone")
    assert.same({ healthy = "good", reason = "healthy" }, net:health "alone")
  end)

  it("gives links their latency, which scripts see", function()
    local net = network { "node-a", "node-b", links = { { "node-a", "node-b", latency_ms = 80 } } }
    net:advance(30)
    local answer = assert(net:request("node-a", "node-b", { command = "get-latency", node = "node-a" }))
    assert.is_near(80, answer.latency, 10)
    local before = net:time()
    assert(net:request("node-a", "node-b", { command = "say-hello" }))
    assert.is_near(0.08, net:time() - before, 0.03)
  end)

  it("gives a node policies, a main.lua and a log level of its own", function()
    local quiet = written [[require("relay").node { limits = { channels_per_client = 1 } }]]
    local other = { name = "node-b", main = quiet, log_level = "error" }
    local net = network { "node-a", other, policies = "policies" }
    local client = assert(net:client("node-b"))
    assert.same({ ok = true }, client:subscribe "one")
    assert.same({ ok = false, reason = "too many channels" }, client:subscribe "two")
    assert.same({}, net:log "node-b")
    assert.is_truthy(net:client("node-a", { origin = "https://evil.example.com" }))
  end)

  it("gives main.lua a name and an environment in the process' place", function()
    local main = written [[
      local relay = require "relay"
      relay.node { region = os.getenv "REGION" }
      relay.command("tell", function()
        return { name = os.getenv "WSRELAY_NAME", region = os.getenv "REGION", path = os.getenv "PATH",
          nothing = os.getenv "NO_SUCH_VARIABLE" == nil }
      end)]]
    local other = { name = "node-b", environment = { REGION = "us" } }
    local net = network { "node-a", other, main = main, environment = { REGION = "eu" } }
    local path = os.getenv "PATH"
    assert.same({ ok = true, name = "node-b", region = "us", path = path, nothing = true },
      net:request("node-a", "node-b", { command = "tell" }))
    assert.same({ ok = true, name = "node-a", region = "eu", path = path, nothing = true },
      net:request("node-b", "node-a", { command = "tell" }))
    assert.is_nil(os.getenv "REGION")
  end)

  it("keeps a node out that node_auth refuses", function()
    local net = network { "node-a", "node-b", policies = "tests/testkit/nobody" }
    assert.same({}, net:peers "node-a")
    local is_settled, reason = net:settle(20)
    assert.is_nil(is_settled)
    assert.equal("node-a does not know node-b", reason)
  end)

  it("raises what is wrong in a main.lua, with its file and line", function()
    local path = written "local relay = require \"relay\"\nrelay.node { nam = \"x\" }\n"
    local ok, message = pcall(network, { "node-a", main = path })
    assert.is_false(ok)
    assert.equal(path .. ":2: unknown key 'nam' (did you mean 'name'?)", message)
  end)

  it("raises what is wrong in a policy", function()
    local ok, message = pcall(network, { "node-a", policies = "tests/testkit/broken" })
    assert.is_false(ok)
    assert.matches("^tests/testkit/broken/client_auth.lua:3: ", message)
  end)

  it("raises for a main.lua that is not there", function()
    local ok, message = pcall(network, { "node-a", main = "no/such/main.lua" })
    assert.is_false(ok)
    assert.matches("no/such/main.lua", message, 1, true)
  end)

  it("names the wrong argument", function()
    local function problem(given)
      local ok, message = pcall(testkit.network, given)
      assert.is_false(ok)
      return message
    end
    assert.matches("give a table of nodes", problem(nil), 1, true)
    assert.matches("unknown key 'lnks' %(did you mean 'links'%?%)", problem { "a", lnks = {} })
    assert.matches("there are two nodes 'a'", problem { "a", "a" }, 1, true)
    local links = { { "node-a", "node-x" } }
    assert.matches("links[1]: there is no node 'node-x'", problem { "node-a", links = links }, 1, true)
  end)

  it("runs the same way with the same seed", function()
    local function story(seed)
      local net = network { "node-a", "node-b", "node-c", seed = seed }
      net:partition { "node-a" }
      net:advance(20)
      net:heal()
      net:settle()
      local log = table.concat(net:log "node-b", "\n")
      return net:time(), log, net:request("node-a", "node-b", { command = "clock" })
    end
    local time, log, answer = story(7)
    local time_again, log_again, answer_again = story(7)
    assert.equal(time, time_again)
    assert.equal(log, log_again)
    assert.same(answer, answer_again)
  end)

  it("is closed once, and then says so", function()
    local net = network { "node-a" }
    net:close()
    net:close()
    assert.has_error(function()
      net:advance(1)
    end, "the network is closed")
  end)

  it("may be made many times and left open", function()
    for _ = 1, 30 do
      assert.is_table(network { "node-a", "node-b" })
    end
  end)
end)
