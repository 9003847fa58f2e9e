-- A policy is a pure function over plain tables: this runs with `busted` alone, without the engine.

local channel_auth = require "policies.channel_auth"

describe("channel_auth", function()
  it("lets everybody open a channel", function()
    assert.is_true(channel_auth.open { channel = "garden", protected = true })
  end)

  it("lets in who knows the password", function()
    assert.is_true(channel_auth.join { channel = "garden", password_matches = true })
    local allowed, reason = channel_auth.join { channel = "garden", password_matches = false }
    assert.is_false(allowed)
    assert.are.equal("invalid password", reason)
  end)

  it("shows the channels without a password", function()
    assert.is_true(channel_auth.list { channel = "garden", protected = false })
    assert.is_false(channel_auth.list { channel = "garden", protected = true })
  end)
end)
