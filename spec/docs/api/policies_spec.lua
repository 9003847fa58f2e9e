local stubs = require "spec.support.stubs"

local classes = stubs.classes "docs/api/policies.lua"

-- The fields that a function of facts.c, or of another file, sets in its table.
local function facts_of(name, file)
  local body = stubs.c_function(file or "engine/script/facts.c", name)
  local facts = stubs.found(body, "set_%a+%(lua, \"([%w_]+)\"")
  for field in pairs(stubs.found(body, "lua_setfield%(lua, %-%d, \"([%w_]+)\"")) do
    facts[field] = true
  end
  for field in pairs(stubs.found(body, "set_(%l+)%(lua, [^\"]")) do
    facts[field] = true -- set_client(lua, …), set_headers(lua, …)
  end
  return facts
end

-- The functions that policy.c asks, by file.
local function questions()
  local files = {}
  local list = stubs.read("engine/script/policy.c"):match "QUESTIONS%[POLICY_QUESTIONS%] = (%b{})"
  for file, name in list:gmatch "{\"([%w_]+)\", \"([%w_]+)\"" do
    files[file] = files[file] or {}
    files[file][name] = true
  end
  return files
end

describe("docs/api/policies.lua", function()
  it("has every function that the engine asks, and no other", function()
    local documented = {}
    for name, class in pairs(classes) do
      local file = name:match "^relay%.policy%.([%w_]+)$"
      if file then
        documented[file] = stubs.names(class)
      end
    end
    local asked = questions()
    asked.client_auth.headers = true
    assert.are.same(asked, documented)
    assert.are.same({ check = true }, stubs.names(classes["relay.Policy"]))
  end)

  it("gives every function the settings last", function()
    for name, class in pairs(classes) do
      for field, type in pairs(name:find "^relay%.policy%." and class or {}) do
        if type:find "^fun%(" then
          assert.truthy(type:find("settings: relay.Settings)", 1, true), name .. "." .. field)
        end
      end
    end
    assert.truthy(classes["relay.HealthRule"].when:find("settings: relay.Settings)", 1, true))
  end)

  for class, name in pairs {
    ["relay.ConnectRequest"] = "facts_push_connect",
    ["relay.Client"] = "push_new", -- of client_table.c
    ["relay.JoinRequest"] = "facts_push_channel",
    ["relay.LimitsRequest"] = "facts_push_limits",
    ["relay.PublishRequest"] = "facts_push_publish",
    ["relay.HealthFacts"] = "facts_push_health",
    ["relay.NodeRequest"] = "facts_push_node",
    ["relay.Route"] = "facts_push_routes",
    ["relay.ListRequest"] = "facts_push_listed",
  } do
    it("has the facts of " .. class .. " as the engine tells them", function()
      local told = facts_of(name, name == "push_new" and "engine/script/client_table.c" or nil)
      if class == "relay.LimitsRequest" then -- with the limits themselves in it
        for field in pairs(classes["relay.ClientLimits"]) do
          assert.is_true(told[field], field)
          told[field] = nil
        end
      end
      assert.are.same(told, stubs.names(classes[class]))
    end)
  end

  it("has a join's facts for an open, but the password's", function()
    local open = stubs.names(classes["relay.OpenRequest"])
    open.password_matches = true
    assert.are.same(stubs.names(classes["relay.JoinRequest"]), open)
  end)

  it("has the limits that an answer may replace", function()
    local body = stubs.c_function("engine/script/hooks_lua.c", "replace_limit")
    local replaced = stubs.found(body, "strcmp%(key, \"([%w_]+)\"")
    assert.are.same(replaced, stubs.names(classes["relay.ClientLimits"]))
  end)

  it("has the candidates as the scripts collect them", function()
    local candidates = require "relay.candidates"
    local found = candidates.collect {
      me = "a",
      peers = { { name = "b", latency_ms = 1, is_dialled = true } },
      nodes = { { name = "c", distance_ms = 1 } },
      lists = { b = { "c" } },
      random = function()
        return 0.5
      end,
    }
    local told = {}
    for _, candidate in ipairs(found) do
      for field in pairs(candidate) do
        told[field] = true
      end
    end
    assert.are.same(told, stubs.names(classes["relay.Candidate"]))
  end)

  it("is what the installed policies are written against", function()
    for file in pairs(questions()) do
      local path = "policies/" .. file .. ".lua"
      local source = io.open(path) and stubs.read(path)
      if source then
        assert.truthy(source:find("---@type relay.policy." .. file, 1, true), path)
        for class in source:gmatch "%-%-%-@param [%w_]+ (relay%.%u%w+)" do
          assert.is_table(classes[class], class)
        end
      end
    end
  end)
end)

describe("docs/api", function()
  for _, module in ipairs { "jwt", "json" } do
    it("has the functions of relay." .. module .. " as the engine registers them", function()
      local source = stubs.read("engine/script/policy_" .. module .. ".c")
      local registered = stubs.found(source, "{\"([%w_]+)\", " .. module .. "_")
      local stub = stubs.read("docs/api/" .. module .. ".lua")
      local documented = stubs.found(stub, "function " .. module .. "%.([%w_]+)")
      assert.are.same(registered, documented)
    end)
  end

  it("lets luacheck pass what the sandbox has, and nothing else", function()
    local std = dofile("docs/api/luacheck.lua").policy.read_globals
    local allowed = {}
    for key, value in pairs(std) do
      allowed[type(key) == "string" and key or value] = true
    end
    local source = stubs.read "engine/script/sandbox.c"
    local given = stubs.found(source:match "BASE%[%] = (%b{})", "\"([%w_]+)\"")
    for library in source:match("LIBRARIES%[%] = (%b{})"):gmatch "\"([%w_]+)\"" do
      given[library] = true
    end
    for name in pairs(stubs.found(stubs.c_function("engine/script/sandbox.c", "push_whitelist"),
      "lua_setfield%(lua, %-%d, \"([%w_]+)\"")) do
      given[name] = true
    end
    assert.are.same(given, allowed)
    local missing = stubs.found(source:match "MISSING%[%] = (%b{})", "\"([%w_]+)\"")
    for _, old in ipairs { "atan2", "cosh", "frexp", "ldexp", "log10", "pow", "sinh", "tanh" } do
      missing[old] = true -- of Lua 5.2, where Lua was built for it
    end
    for _, library in ipairs { "math", "string", "table", "utf8" } do
      local whole = {}
      for name in pairs(_G[library]) do
        whole[name] = not missing[name] or nil
      end
      assert.are.same(whole, stubs.names(std[library].fields), library)
    end
  end)
end)
