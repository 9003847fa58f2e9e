local node_auth = dofile "policies/node_auth.lua"

local function request(matches)
  return {
    name = "node-b",
    address = "192.0.2.7",
    token_kind = "configured",
    token_matches = matches,
    peers = 0,
  }
end

describe("policies/node_auth.lua", function()
  it("lets in who has a token that matches", function()
    assert.is_true(node_auth.accept(request(true)))
  end)

  it("refuses the others", function()
    local allowed, reason = node_auth.accept(request(false))
    assert.is_false(allowed)
    assert.are.equal("wrong token", reason)
  end)
end)
