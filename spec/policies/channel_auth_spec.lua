local channel_auth = dofile "policies/channel_auth.lua"

local client = { id = 1, address = "192.0.2.7", identity = {}, channels = 0 }

describe("policies/channel_auth.lua", function()
  it("lets anybody open any channel", function()
    assert.is_true(channel_auth.open { client = client, channel = "c", protected = false })
    assert.is_true(channel_auth.open { client = client, channel = "c", protected = true })
  end)

  it("lets in who knows the password", function()
    local request = { client = client, channel = "c", protected = true, password_matches = true }
    assert.is_true(channel_auth.join(request))
  end)

  it("refuses a wrong password in the protocol's words", function()
    local allowed, reason = channel_auth.join {
      client = client,
      channel = "c",
      protected = true,
      password_matches = false,
    }
    assert.is_false(allowed)
    assert.are.equal("invalid password", reason)
  end)

  it("shows open channels and hides protected ones", function()
    assert.is_true(channel_auth.list { client = client, channel = "c", protected = false })
    assert.is_false(channel_auth.list { client = client, channel = "c", protected = true })
  end)
end)
