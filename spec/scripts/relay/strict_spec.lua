local strict = require "relay.strict"

-- A chunk of the file at `path`, in a guarded environment.
local function chunk(source, path, environment)
  environment = environment or {}
  strict.install(environment, "site/main.lua", { "site", "/usr/share/scripts/" })
  return assert(load(source, "@" .. path, "t", environment))
end

-- The text of the error; busted's has_error leaves the place out.
local function error_of(run)
  local ok, message = pcall(run)
  assert.is_false(ok)
  return message
end

describe("relay.strict", function()
  it("refuses to read an undefined global, with file and line", function()
    assert.are.equal(
      "site/main.lua:2: undefined global 'x'",
      error_of(chunk("\nreturn x", "site/main.lua"))
    )
  end)

  it("hints at the nearest global", function()
    local run = chunk("return pint", "site/main.lua", { print = print })
    assert.are.equal("site/main.lua:1: undefined global 'pint' (did you mean 'print'?)", error_of(run))
  end)

  it("refuses to define one", function()
    assert.are.equal(
      "site/module.lua:1: assignment to the undefined global 'x' (write 'local')",
      error_of(chunk("x = 1", "site/module.lua"))
    )
  end)

  it("guards the installed scripts too", function()
    assert.has_error(chunk("return x", "/usr/share/scripts/relay/init.lua"))
  end)

  it("lets globals that exist be read and replaced", function()
    assert.are.equal(2, chunk("x = x + 1 return x", "site/main.lua", { x = 1 })())
  end)

  it("leaves other people's modules alone", function()
    local environment = {}
    assert.is_nil(chunk("local was = x x = 1 return was", "/usr/share/lua/5.4/x.lua", environment)())
    assert.are.equal(1, environment.x)
    assert.is_nil(chunk("return y", "site-packages/x.lua")())
  end)
end)

describe("relay.strict.fields", function()
  local module = strict.fields({ command = 1, sleep = 2 }, "relay")

  it("names the field that is missing, where it is read, and the nearest one", function()
    local _, message = pcall(function()
      return module.comand
    end)
    assert.matches("strict_spec%.lua:%d+: relay has no 'comand' %(did you mean 'command'%?%)$", message)
  end)

  it("lets the module's own fields be read and new ones be set", function()
    assert.are.equal(2, module.sleep)
    module.mine = 3
    assert.are.equal(3, module.mine)
  end)
end)
