describe("scripts/relay/testkit.lua", function()
  before_each(function()
    package.loaded["relay.testkit"] = nil
  end)

  it("says who runs it, under plain busted", function()
    local engine = package.preload["relay.testkit.engine"]
    package.preload["relay.testkit.engine"] = nil
    package.loaded["relay.testkit.engine"] = nil
    finally(function()
      package.preload["relay.testkit.engine"] = engine
    end)
    local ok, message = pcall(require, "relay.testkit")
    assert.is_false(ok)
    assert.matches("`wsrelay-engine test` runs the specs, not under plain busted", message, 1, true)
  end)
end)
