local show = require "relay.ctl.show"

describe("relay.ctl.show", function()
  it("shows what a value is", function()
    assert.are.equal("nil", show.value(nil))
    assert.are.equal("true", show.value(true))
    assert.are.equal("1.5", show.value(1.5))
    assert.are.equal("a\nb", show.value "a\nb")
    assert.are.equal("{}", show.value {})
  end)

  it("shows a table in the order of its keys", function()
    assert.are.equal("{\n  1,\n  2,\n  [4] = 4,\n  [\"a b\"] = \"x\\n\",\n  b = {\n    true\n  }\n}",
      show.value { 1, 2, [4] = 4, b = { true }, ["a b"] = "x\n" })
  end)

  it("shows keys that are no names", function()
    assert.are.equal("{\n  [true] = 1\n}", show.value { [true] = 1 })
  end)

  it("ends in a table that holds itself", function()
    local value = {}
    value.value = value
    assert.are.equal("{\n  value = <itself>\n}", show.value(value))
  end)

  it("goes so deep and so long, and no further", function()
    local deep = {}
    for _ = 1, 20 do
      deep = { deep }
    end
    assert.is_truthy(show.value(deep):find("{…}", 1, true))
    local long = {}
    for i = 1, 300 do
      long[i] = i
    end
    assert.is_truthy(show.value(long):find("200,\n  …\n}", 1, true))
  end)

  it("fits on one line", function()
    assert.are.equal("{ 1, a = {} }", show.line { 1, a = {} })
    assert.are.equal("x", show.line "x")
  end)

  it("asks what has a text of its own", function()
    assert.are.equal("null", show.value(setmetatable({}, { __tostring = function() return "null" end })))
  end)
end)
