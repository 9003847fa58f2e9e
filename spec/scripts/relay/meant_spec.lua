local meant = require "relay.meant"

describe("relay.meant", function()
  it("counts inserted, deleted and replaced letters", function()
    assert.are.equal(0, meant.distance("listen", "listen"))
    assert.are.equal(1, meant.distance("lisen", "listen"))
    assert.are.equal(3, meant.distance("kitten", "sitting"))
    assert.are.equal(3, meant.distance("", "abc"))
  end)

  it("finds the nearest of several", function()
    assert.are.equal("limits", meant.find("limit", { "listen", "limits", "log" }))
  end)

  it("finds nothing where nothing is near", function()
    assert.is_nil(meant.find("colour", { "listen", "limits", "log" }))
  end)

  it("makes a hint of what it finds, and none of nothing", function()
    assert.are.equal(" (did you mean 'pool'?)", meant.hint("pol", { "pool", "peers" }))
    assert.are.equal("", meant.hint("colour", { "pool", "peers" }))
  end)
end)
