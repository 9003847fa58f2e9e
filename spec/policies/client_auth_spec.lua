local client_auth = dofile "policies/client_auth.lua"

describe("policies/client_auth.lua", function()
  it("lets everybody in", function()
    assert.is_true(client_auth.connect {
      address = "192.0.2.7",
      path = "/connect",
      query = "",
      headers = {},
    })
  end)
end)
