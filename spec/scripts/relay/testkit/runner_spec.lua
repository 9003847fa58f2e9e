local runner = require "relay.testkit.runner"

-- Calls run with these streams, and gives the code and what it said.
local function run(...)
  local said = {}
  local stream = {
    write = function(_, ...)
      table.insert(said, table.concat { ... })
    end,
  }
  local out, err = io.stdout, io.stderr
  io.stdout, io.stderr = stream, stream -- luacheck: ignore 122
  local ok, code = pcall(runner.run, { ... }, "no/such/main.lua")
  io.stdout, io.stderr = out, err -- luacheck: ignore 122
  assert(ok, code)
  return code, table.concat(said)
end

describe("scripts/relay/testkit/runner.lua", function()
  it("gives help", function()
    local code, said = run("--help")
    assert.equal(0, code)
    assert.matches("^usage: wsrelay%-engine test ", said)
  end)

  it("says which package is missing where there is no busted", function()
    local loaded, preload = package.loaded["busted.runner"], package.preload["busted.runner"]
    package.loaded["busted.runner"] = nil
    package.preload["busted.runner"] = function()
      error("module 'busted.runner' not found:\n\tno field …", 0)
    end
    local code, said = run()
    package.loaded["busted.runner"], package.preload["busted.runner"] = loaded, preload
    assert.equal(1, code)
    assert.equal("wsrelay-engine: busted is not here: install the package lua-busted\n"
      .. "module 'busted.runner' not found:\n", said)
  end)
end)
