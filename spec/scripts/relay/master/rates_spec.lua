describe("relay.master.rates", function()
  local limits, now

  before_each(function()
    now = 1000
    limits = require("relay.master.rates").new {
      each = { per_second = 2, burst = 4 }, all = { per_second = 10, burst = 20 },
    }
  end)

  -- How many of so many are let through.
  local function take(address, count)
    local taken = 0
    for _ = 1, count do
      taken = taken + (limits:take(address, now) and 1 or 0)
    end
    return taken
  end

  local function entries()
    local count = 0
    for _, buckets in ipairs { limits.recent, limits.older } do
      for _ in pairs(buckets) do
        count = count + 1
      end
    end
    return count
  end

  it("lets an address ask a few times at once, and then as often as it may", function()
    assert.are.equal(4, take("192.0.2.1", 10))
    assert.are.equal(4, take("192.0.2.2", 10))
    now = now + 1
    assert.are.equal(2, take("192.0.2.1", 10))
    now = now + 1000
    assert.are.equal(4, take("192.0.2.1", 10))
  end)

  it("lets all of them together ask so often, whoever they are", function()
    local taken = 0
    for number = 1, 50 do
      taken = taken + take("192.0.2." .. number, 1)
    end
    assert.are.equal(20, taken)
    now = now + 1
    taken = 0
    for number = 1, 50 do
      taken = taken + take("198.51.100." .. number, 1)
    end
    assert.are.equal(10, taken)
  end)

  it("takes nothing from the others for those that it refuses", function()
    take("192.0.2.1", 1000)
    assert.are.equal(4, take("192.0.2.2", 4))
    for number = 1, 50 do
      take("198.51.100." .. number, 1)
    end
    assert.are.equal(2 + 12, entries())
  end)

  it("counts an IPv6 address by its /64", function()
    for _, same in ipairs {
      { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::9" }, { "2001:db8::1", "2001:db8:0:0:1:2:3:4" },
      { "2001:db8:1::1", "2001:db8:1:0:5::" }, { "::1", "::2" },
    } do
      now = now + 100
      assert.are.equal(4, take(same[1], 4))
      assert.are.equal(0, take(same[2], 1))
    end
    now = now + 100
    assert.are.equal(4, take("2001:db8:1:2::1", 4))
    assert.are.equal(4, take("2001:db8:1:3::1", 4))
    assert.are.equal(4, take("::ffff:192.0.2.1", 4))
    assert.are.equal(4, take("::ffff:192.0.2.2", 4))
  end)

  it("forgets who has not asked for long, and nobody before", function()
    for _ = 1, 100 do
      now = now + 1.9
      take("192.0.2.1", 1)
      for number = 1, 3 do
        take(("10.0.%d.%d"):format(now // 10 % 256, number), 1)
      end
    end
    assert.is_true(entries() <= 12)
    assert.are.equal(3, take("192.0.2.1", 10))
    now = now + 1.0
    assert.are.equal(2, take("192.0.2.1", 10)) -- it was not full meanwhile
  end)

  it("is not troubled by a clock that is set back", function()
    assert.are.equal(4, take("192.0.2.1", 10))
    now = 1
    assert.are.equal(0, take("192.0.2.1", 10))
    now = 2
    assert.are.equal(2, take("192.0.2.1", 10))
  end)
end)
