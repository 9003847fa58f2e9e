-- The relay module over a stand-in for the engine's natives.
local function load_relay(options)
  local seen = { log = {} }
  package.loaded["relay"], package.loaded["relay.engine"] = nil, nil
  package.preload["relay.engine"] = function()
    return {
      context = {
        main = "main.lua",
        installed_policies = "/policies",
        host_name = "host",
        working_directory = "/srv",
        options = options or {},
      },
      path_kind = function() end,
      configure = function(effective)
        seen.effective = effective
      end,
      log = function(...)
        seen.log[#seen.log + 1] = { ... }
      end,
    }
  end
  return require "relay", seen
end

-- The text of the error that a function raises.
local function error_of(run)
  local ok, problem = pcall(run)
  assert.is_false(ok)
  return tostring(problem)
end

describe("relay", function()
  after_each(function()
    package.loaded["relay"], package.loaded["relay.engine"] = nil, nil
    package.preload["relay.engine"] = nil
  end)

  it("hands the effective configuration to the engine", function()
    local relay, seen = load_relay()
    relay.node { name = "node-a" }
    assert.are.equal("node-a", seen.effective.name)
    assert.are.equal(8080, seen.effective.listen[1].port)
  end)

  it("points at the line of a wrong key", function()
    local relay, seen = load_relay()
    local message = error_of(function()
      relay.node {
        name = "node-a",
        lisen = "0.0.0.0:8080",
      }
    end)
    local line = message:match("init_spec%.lua:(%d+): unknown key 'lisen' %(did you mean 'listen'%?%)$")
    local here = debug.getinfo(1, "l").currentline
    assert.are.equal(here - 4, tonumber(line))
    assert.is_nil(seen.effective)
  end)

  it("points at the call when there is no key", function()
    local relay = load_relay()
    local message = error_of(function()
      relay.node()
    end)
    assert.matches("init_spec%.lua:%d+: relay.node's argument must be a table", message)
  end)

  it("names the option alone when that is wrong", function()
    local relay = load_relay { { key = "name", value = "a b", source = "--name" } }
    local message = error_of(function()
      relay.node {}
    end)
    assert.matches("^%-%-name: must be", message)
  end)

  it("refuses a second call and says where the first was", function()
    local relay = load_relay()
    relay.node {}
    local message = error_of(function()
      relay.node {}
    end)
    assert.matches(":%d+: relay.node was called already, at .*init_spec%.lua:%d+$", message)
  end)

  it("may be called again after a call that failed", function()
    local relay, seen = load_relay()
    pcall(relay.node, { lisen = 1 })
    relay.node {}
    assert.is_table(seen.effective)
  end)

  it("logs its values with a space between, nil too, and the place", function()
    local relay, seen = load_relay()
    relay.log.warn("a", 1, nil, true)
    assert.are.equal("warn", seen.log[1][1])
    assert.are.equal("a 1 nil true", seen.log[1][2])
    assert.matches("init_spec%.lua:%d+$", seen.log[1][3])
  end)
end)
