local check = require "relay.check"

describe("relay.check", function()
  it("takes numbers in their range alone", function()
    local seconds = check.number(0, 10)
    assert.are.equal(0, seconds(0))
    assert.are.equal(10, seconds(10))
    for _, value in ipairs { -0.1, 10.1, 0 / 0, "5", false } do
      local kept, message = seconds(value)
      assert.is_nil(kept)
      assert.matches("must be a number from 0 to 10, and is", message, 1, true)
    end
  end)

  it("takes whole numbers, also when they are written as floats", function()
    local count = check.integer(1, 1000000)
    assert.are.equal("integer", math.type(count(1e3)))
    assert.is_nil((count(1.5)))
    assert.is_nil((count(0)))
    assert.is_nil((count(1 / 0)))
  end)

  it("takes a choice and hints at the nearest", function()
    local level = check.choice { "debug", "info" }
    assert.are.equal("info", level "info")
    local _, message = level "debg"
    assert.are.equal("must be one of debug, info, and is \"debg\" (did you mean 'debug'?)", message)
  end)

  it("takes lists without holes or names", function()
    local numbers = check.list(check.number(0, 9))
    assert.are.same({ 1, 2 }, numbers { 1, 2 })
    assert.are.same({}, numbers {})
    assert.is_nil((numbers { 1, x = 2 }))
    assert.is_nil((numbers "1"))
  end)

  it("names the path of what is wrong in a list of records", function()
    local peers = check.list(check.record { url = { check = check.boolean() } })
    local _, message, path = peers { { url = true }, { url = 7 } }
    assert.are.equal("'[2].url' must be true or false, and is 7", check.sentence(message, path))
    assert.are.equal("peers[2].url", check.path_text { "peers", 2, "url" })
  end)

  it("refuses unknown keys, first by the alphabet", function()
    local record = check.record { burst = { check = check.number(0, 9) } }
    local _, message, path = record { zest = 1, bust = 1 }
    assert.are.equal("unknown key 'bust' (did you mean 'burst'?)", check.sentence(message, path))
  end)

  it("names a missing key", function()
    local record = check.record { url = { check = check.boolean(), required = true } }
    local _, message, path = record {}
    assert.are.equal("'url' is missing", check.sentence(message, path))
  end)

  it("keeps false", function()
    local record = check.record { master = { check = check.boolean() } }
    assert.are.same({ master = false }, (record { master = false }))
  end)
end)
