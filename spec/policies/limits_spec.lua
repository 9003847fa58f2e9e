local limits = dofile "policies/limits.lua"

describe("policies/limits.lua", function()
  it("leaves the configured limits as they are", function()
    assert.is_nil(limits.client { client = { id = 1, identity = {} }, limits = { burst = 2000 } })
  end)
end)
