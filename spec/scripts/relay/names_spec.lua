describe("relay.names", function()
  local names = require "relay.names"

  it("takes text that one can print, whole and not too long", function()
    for _, value in ipairs { "a", "node-a.example:8010", "é \u{1F319}", ("x"):rep(128) } do
      assert.is_true(names.is_node(value))
      assert.is_true(names.is_channel(value))
    end
    local others = { "", "a\n", "a\0b", "\127", "\u{85}", "\xff", "a\xc3", 5, {}, true, ("x"):rep(257) }
    for _, value in ipairs(others) do
      assert.is_false(names.is_node(value))
      assert.is_false(names.is_channel(value))
    end
    assert.is_false(names.is_node(nil))
  end)

  it("takes longer names of channels, and a star", function()
    assert.is_false(names.is_node(("x"):rep(129)))
    assert.is_true(names.is_channel(("x"):rep(256)))
    assert.is_false(names.is_node "*")
    assert.is_true(names.is_channel "*")
  end)
end)
