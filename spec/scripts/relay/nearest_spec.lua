local nearest = require "relay.nearest"

describe("relay.nearest", function()
  it("counts inserted, deleted and replaced letters", function()
    assert.are.equal(0, nearest.distance("listen", "listen"))
    assert.are.equal(1, nearest.distance("lisen", "listen"))
    assert.are.equal(3, nearest.distance("kitten", "sitting"))
    assert.are.equal(3, nearest.distance("", "abc"))
  end)

  it("finds the nearest of several", function()
    assert.are.equal("limits", nearest.find("limit", { "listen", "limits", "log" }))
  end)

  it("finds nothing where nothing is near", function()
    assert.is_nil(nearest.find("colour", { "listen", "limits", "log" }))
  end)

  it("makes a hint of what it finds, and none of nothing", function()
    assert.are.equal(" (did you mean 'pool'?)", nearest.hint("pol", { "pool", "peers" }))
    assert.are.equal("", nearest.hint("colour", { "pool", "peers" }))
  end)
end)
