local check = require "relay.check"
local plain = require "relay.plain"

local record = plain.record(200, 3)

-- What a person reads of a wrong value at key `a`.
local function problem(value)
  local kept, message, path = record(value)
  assert.is_nil(kept)
  return path and check.sentence(message, path) or message
end

describe("relay.plain", function()
  it("keeps texts, numbers, booleans, lists and tables", function()
    local value = { a = "x", b = 1.5, c = false, d = { 1, 2 }, e = { f = { g = true } }, h = {} }
    assert.are.same(value, (record(value)))
  end)

  it("keeps a copy, so that a later change is not seen", function()
    local value = { list = { 1 } }
    local kept = record(value)
    value.list[1] = 2
    assert.are.same({ list = { 1 } }, kept)
  end)

  it("refuses what is no table with names", function()
    assert.are.equal("must be a table, and is a string", problem "x")
    assert.are.equal("must have names for keys, and is a list", problem { 1 })
  end)

  it("names the place of what JSON has not", function()
    assert.are.equal("'a.b[2]' must be a text, a number, a boolean or a table of such, and is a function",
      problem { a = { b = { 1, print } } })
    assert.are.equal("'a' must be a number that JSON has", problem { a = 0 / 0 })
    assert.are.equal("'a' must be a number that JSON has", problem { a = -math.huge })
    assert.are.equal("'a' must be UTF-8, and holds other bytes", problem { a = "\xff" })
  end)

  it("refuses a table that is half a list", function()
    assert.are.equal("'a' must be a list or have names for keys, and is both", problem { a = { 1, x = 2 } })
    local gaps = "'a' must be a list without gaps, or have names for keys"
    assert.are.equal(gaps, problem { a = { [1] = 1, [5] = 2 } })
    assert.are.equal(gaps, problem { a = { [true] = 1 } })
  end)

  it("takes tables as deep as it may and refuses one more, cycles among them", function()
    assert.is_table(record { a = { b = {} } })
    assert.are.equal("'a.b.c' must not lie in more than 3 tables", problem { a = { b = { c = {} } } })
    local cycle = {}
    cycle.a = cycle
    assert.are.equal("'a.a.a' must not lie in more than 3 tables", problem(cycle))
  end)

  it("refuses more than its bytes, however they are spread", function()
    assert.is_table(record { a = ("x"):rep(150) })
    assert.truthy(problem { a = ("x"):rep(200) }:find("over 200 bytes of JSON", 1, true))
    assert.truthy(problem { a = ("\n"):rep(40) }:find("over 200 bytes of JSON", 1, true))
    local many = {}
    for index = 1, 1000 do
      many[index] = true
    end
    assert.truthy(problem { a = many }:find("over 200 bytes of JSON", 1, true))
  end)
end)
