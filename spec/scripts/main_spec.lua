describe("scripts/main.lua", function()
  it("gives a configuration that is valid", function()
    local schema = require "relay.schema"
    local given
    package.loaded["relay"] = {
      node = function(table)
        given = table
      end,
    }
    dofile "scripts/main.lua"
    package.loaded["relay"] = nil
    assert.is_nil(select(2, schema.node(given)))
    assert.are.equal("0.0.0.0:8080", given.listen)
  end)
end)
