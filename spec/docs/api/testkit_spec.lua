-- The names behind a prefix at the beginning of lines: "function Net:(name)".
local function names_in(path, pattern)
  local names = {}
  for line in io.lines(path) do
    local name = line:match(pattern)
    if name and name ~= "open" then -- of the kit's own modules
      names[name] = true
    end
  end
  return names
end

describe("docs/api/testkit.lua", function()
  it("has the functions of a network and of a client, and no others", function()
    for name, module in pairs { Net = "net", Client = "client" } do
      local pattern = "^function " .. name .. "[:.]([%w_]+)"
      local given = names_in("scripts/relay/testkit/" .. module .. ".lua", pattern)
      assert.are.same(given, names_in("docs/api/testkit.lua", pattern))
    end
  end)

  it("has what require \"relay.testkit\" gives", function()
    local given = {}
    for _, pattern in ipairs { "^function testkit%.([%w_]+)", "^testkit%.([%w_]+) =" } do
      for name in pairs(names_in("scripts/relay/testkit.lua", pattern)) do
        given[name] = true
      end
    end
    local documented = names_in("docs/api/testkit.lua", "^function testkit%.([%w_]+)")
    documented.null = names_in("docs/api/testkit.lua", "^testkit%.([%w_]+) =").null
    assert.are.same(given, documented)
  end)

  it("has every function of the kit called in the kit's own specs", function()
    local called = {}
    for _, file in ipairs { "network", "client", "faults", "scripts" } do
      local text = assert(io.open(("tests/testkit/%s_spec.lua"):format(file))):read "a"
      for name in text:gmatch ":([%w_]+)" do
        called[name] = true
      end
    end
    for _, class in ipairs { "Net", "Client" } do
      for name in pairs(names_in("docs/api/testkit.lua", "^function " .. class .. ":([%w_]+)")) do
        assert.is_true(called[name], name)
      end
    end
  end)
end)
