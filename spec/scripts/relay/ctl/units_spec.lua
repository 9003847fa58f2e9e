local units = require "relay.ctl.units"

describe("relay.ctl.units", function()
  it("shows the two largest units of a duration", function()
    assert.are.equal("0s", units.duration(0.9))
    assert.are.equal("59s", units.duration(59))
    assert.are.equal("1m 0s", units.duration(60))
    assert.are.equal("1h 59m", units.duration(7199))
    assert.are.equal("2d 3h", units.duration(2 * 86400 + 3 * 3600 + 59))
  end)

  it("shows a size with its unit", function()
    assert.are.equal("0 B", units.bytes(0))
    assert.are.equal("1023 B", units.bytes(1023))
    assert.are.equal("1.0 KiB", units.bytes(1024))
    assert.are.equal("20.5 MiB", units.bytes(20.5 * 1024 * 1024))
    assert.are.equal("2048.0 TiB", units.bytes(2 ^ 51))
  end)

  it("shows milliseconds, and none of nothing", function()
    assert.are.equal("0.35 ms", units.ms(0.349))
    assert.is_nil(units.ms(nil))
  end)
end)
