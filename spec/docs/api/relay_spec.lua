-- What a stub or a module defines: the names that stand behind "relay." at the beginning of a line.
local function names_in(path, patterns)
  local names = {}
  for line in io.lines(path) do
    for _, pattern in ipairs(patterns) do
      local name = line:match(pattern)
      if name then
        names[name] = true
      end
    end
  end
  return names
end

-- All that require "relay" gives, over natives of any name.
local function given()
  local asked = {}
  package.loaded["relay"] = nil
  package.loaded["relay.engine"] = setmetatable({ context = { options = {} } }, {
    __index = function(_, name)
      asked[name] = true
      return name
    end,
  })
  local names = {}
  for name in pairs(require "relay") do
    names[name] = true
  end
  package.loaded["relay"], package.loaded["relay.engine"] = nil, nil
  return names, asked
end

describe("docs/api/relay.lua", function()
  it("has what require \"relay\" gives, and nothing else", function()
    local documented = names_in("docs/api/relay.lua", { "^function relay%.([%w_]+)", "^relay%.([%w_]+) =" })
    assert.are.same(given(), documented)
  end)

  it("has only natives that the engine registers", function()
    local registered = {}
    local files = {
      "handler", "request", "mesh", "channel", "client", "metric", "stats", "json", "log", "node",
    }
    for _, file in ipairs(files) do
      local source = io.open("engine/script/bind_" .. file .. ".c"):read("a")
      for name in source:gmatch "{\"([%w_]+)\", engine_" do
        registered[name] = true
      end
      for name in source:gmatch "lua_setfield%(lua, %-2, \"([%w_]+)\"%)" do
        registered[name] = true
      end
    end
    local _, asked = given()
    for name in pairs(asked) do
      assert.is_true(registered[name], name)
    end
  end)
end)
