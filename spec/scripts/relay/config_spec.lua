local config = require "relay.config"

-- A machine with these paths ("directory" or "file") and options.
local function context_with(paths, options)
  return {
    main = "site/main.lua",
    installed_policies = "/usr/share/wsrelay-engine/policies",
    host_name = "host.example.com",
    working_directory = "/srv",
    options = options or {},
    path_kind = function(path)
      return (paths or {})[path]
    end,
  }
end

local function resolve(given, paths, options)
  local effective, problem = config.resolve(given, context_with(paths, options))
  assert.is_nil(problem and problem.message)
  return effective
end

local function problem_of(given, paths, options)
  local effective, problem = config.resolve(given, context_with(paths, options))
  assert.is_nil(effective)
  return problem
end

describe("relay.config", function()
  it("fills in the defaults", function()
    local effective = resolve {}
    assert.are.equal("host.example.com", effective.name)
    assert.are.equal(8080, effective.listen[1].port)
    assert.are.equal(65536, effective.limits.message_bytes)
    assert.are.equal("info", effective.log.level)
    assert.is_nil(effective.admin)
    assert.is_nil(effective.tls)
  end)

  it("makes a valid name of any host name", function()
    assert.are.equal("my-host", config.default_name "my host")
    assert.are.equal("node", config.default_name "")
    assert.are.equal(64, #config.default_name(("h"):rep(200)))
  end)

  it("merges nested tables key by key", function()
    local limits = resolve({ limits = { burst = 5 } }).limits
    assert.are.equal(5, limits.burst)
    assert.are.equal(1024, limits.hash_queue)
  end)

  it("makes the paths of socket and history absolute, which are relative to main.lua", function()
    local effective = resolve { control = "node.sock", history = { bytes = 1048576 } }
    assert.are.equal("/srv/site/node.sock", effective.control)
    assert.are.same({ path = "/srv/site/history.db", bytes = 1048576 }, effective.history)
    assert.are.equal("/var/h.db", resolve({ history = { path = "/var/h.db" } }).history.path)
  end)

  it("never changes what it was given", function()
    local given = { tls = { ca = "ca.pem" }, limits = { burst = 5 } }
    resolve(given, { ["site/ca.pem"] = "file" })
    assert.are.same({ tls = { ca = "ca.pem" }, limits = { burst = 5 } }, given)
  end)

  it("refuses what is no table", function()
    assert.are.equal("relay.node's argument must be a table, and is a nil", problem_of(nil).message)
  end)

  it("names an unknown key, its path and the nearest", function()
    local problem = problem_of { limits = { mesage_bytes = 1 } }
    assert.are.equal("unknown key 'limits.mesage_bytes' (did you mean 'message_bytes'?)", problem.message)
    assert.are.same({ "limits", "mesage_bytes" }, problem.path)
  end)

  it("names the second of two listeners", function()
    local problem = problem_of { listen = { "127.0.0.1:1", "localhost:2" } }
    assert.are.same({ "listen", 2 }, problem.path)
    assert.matches("^'listen%[2%]' \"localhost\" is not a numeric address", problem.message)
  end)

  describe("policies", function()
    it("are those beside main.lua, when there are any", function()
      local effective = resolve({}, { ["site/policies"] = "directory" })
      assert.are.equal("/srv/site/policies", effective.policies)
      assert.are.equal("site/policies", effective.policies_shown)
    end)

    it("are the installed ones otherwise", function()
      assert.are.equal("/usr/share/wsrelay-engine/policies", resolve({}).policies)
    end)

    it("that main.lua names are relative to it and must exist", function()
      local effective = resolve({ policies = "../rules" }, { ["site/../rules"] = "directory" })
      assert.are.equal("/srv/site/../rules", effective.policies)
      local problem = problem_of { policies = "rules" }
      assert.are.equal("'policies': there is no directory 'site/rules'", problem.message)
      assert.are.same({ "policies" }, problem.path)
    end)

    it("of an option are relative to the working directory", function()
      local options = { { key = "policies", value = "rules", source = "--policies" } }
      assert.are.equal("/srv/rules", resolve({}, { rules = "directory" }, options).policies)
      local problem = problem_of({}, {}, options)
      assert.are.equal("--policies: there is no directory 'rules'", problem.message)
      assert.is_true(problem.is_option)
    end)
  end)

  describe("tls", function()
    it("has absolute paths", function()
      local tls = resolve({ tls = { cert = "c.pem", key = "/etc/k.pem" } },
        { ["site/c.pem"] = "file", ["/etc/k.pem"] = "file" }).tls
      assert.are.same({ cert = "/srv/site/c.pem", key = "/etc/k.pem" }, tls)
    end)

    it("refuses a file that is not there", function()
      local problem = problem_of({ tls = { cert = "c.pem", key = "k.pem" } }, { ["site/c.pem"] = "file" })
      assert.are.equal("'tls.key': there is no file 'site/k.pem'", problem.message)
      assert.are.same({ "tls", "key" }, problem.path)
    end)

    it("refuses half a pair", function()
      assert.are.equal("'tls.key' is missing", problem_of({ tls = { cert = "c.pem" } }).message)
    end)
  end)

  describe("peers", function()
    local function peer(name)
      return { name = name, url = "wss://" .. name .. ".example.com/node", token = "t" }
    end

    it("have names of their own", function()
      assert.are.equal(2, #resolve({ name = "a", peers = { peer "b", peer "c" } }).peers)
      local problem = problem_of { name = "a", peers = { peer "b", peer "c", peer "b" } }
      assert.are.equal("'peers[3].name' is \"b\", as peers[1] is already", problem.message)
      assert.are.same({ "peers", 3, "name" }, problem.path)
    end)

    it("are other nodes", function()
      local problem = problem_of { name = "a", peers = { peer "a" } }
      assert.are.equal("'peers[1].name' is this node's own name, \"a\"", problem.message)
      assert.are.same({ "peers", 1, "name" }, problem.path)
    end)

    it("that an option gave name it", function()
      local options = { { key = "peer", value = "a=wss://x/node,t", source = "--peer" } }
      local problem = problem_of({ name = "a" }, {}, options)
      assert.are.equal("--peer: is this node's own name, \"a\"", problem.message)
      assert.is_true(problem.is_option)
    end)
  end)

  describe("limits.message_bytes", function()
    it("fits in a packet where other nodes join", function()
      for _, given in ipairs { { token = "t" }, { host = "wss://a/" } } do
        given.limits = { message_bytes = 716801 }
        local problem = problem_of(given)
        assert.matches("^'limits.message_bytes' must be at most 716800 where", problem.message)
        assert.are.same({ "limits", "message_bytes" }, problem.path)
        given.limits.message_bytes = 716800
        resolve(given)
      end
    end)

    it("is free where none do", function()
      resolve { limits = { message_bytes = 716801 } }
    end)
  end)

  it("listens for the administrator on loopback by default", function()
    assert.are.same({ host = "127.0.0.1", port = 8081 }, resolve({ admin = {} }).admin.listen)
  end)

  it("has no metrics of single channels unless they are asked for", function()
    assert.are.equal(0, resolve({ admin = {} }).admin.channel_metrics)
    assert.are.equal(7, resolve({ admin = { channel_metrics = 7 } }).admin.channel_metrics)
  end)

  describe("options", function()
    local function option(key, value, source)
      return { key = key, value = value, source = source or "--" .. key }
    end

    it("win over main.lua, the last one strongest", function()
      local effective = resolve({ name = "main" }, {}, {
        option("name", "environment", "WSRELAY_NAME"),
        option("name", "line"),
      })
      assert.are.equal("line", effective.name)
    end)

    it("split a list from the environment", function()
      local listen = resolve({}, {}, { option("listen", "127.0.0.1:1, 127.0.0.1:2 [::1]:3") }).listen
      assert.are.equal(3, #listen)
    end)

    it("that repeat make a list, which replaces a weaker one", function()
      local listen = resolve({ listen = "127.0.0.1:9" }, {}, {
        option("listen", "127.0.0.1:1", "WSRELAY_LISTEN"),
        option("listen", "127.0.0.1:2"),
        option("listen", "127.0.0.1:3"),
      }).listen
      assert.are.same({ { host = "127.0.0.1", port = 2 }, { host = "127.0.0.1", port = 3 } }, listen)
    end)

    it("take main.lua's peers away, in the test kit", function()
      local given = { peers = { { name = "b", url = "ws://b/node", token = "t" } } }
      assert.are.same({}, resolve(given, {}, { option("no-peers", "true") }).peers)
    end)

    it("take peers as NAME=URL,TOKEN", function()
      local peers = resolve({}, {}, { option("peer", "b=wss://b.example.com/node,se=cr,et") }).peers
      assert.are.same({ { name = "b", url = "wss://b.example.com/node", token = "se=cr,et" } }, peers)
      assert.are.equal("--peer: must be NAME=URL,TOKEN", problem_of({}, {}, { option("peer", "b") }).message)
    end)

    it("keep level and format apart", function()
      local log = resolve({}, {}, { option("log-level", "debug"), option("log-format", "json") }).log
      assert.are.same({ level = "debug", format = "json" }, log)
    end)

    it("that are wrong name who gave them", function()
      local problem = problem_of({}, {}, { option("listen", "localhost:1", "WSRELAY_LISTEN") })
      assert.are.equal(
        "WSRELAY_LISTEN: \"localhost\" is not a numeric address (write 127.0.0.1 for localhost)",
        problem.message
      )
      assert.is_true(problem.is_option)
    end)
  end)
end)
