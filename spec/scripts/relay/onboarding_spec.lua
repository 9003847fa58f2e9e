local fake_relay = require "spec.support.fake_relay"

describe("relay.onboarding", function()
  local fake, told

  before_each(function()
    fake, told = fake_relay.install(), {}
    local function teller(what)
      return function(peer, channel, password, is_certain)
        local certainty = is_certain and " surely" or ""
        told[#told + 1] = table.concat({ what, peer, channel, password }, " ") .. certainty
        return password ~= "no hash"
      end
    end
    fake.engine.plain_open, fake.engine.plain_reserved = teller "open", teller "reserved"
    require("relay.onboarding").install()
  end)
  after_each(fake_relay.remove)

  local function come_up(peer)
    for _, handler in ipairs(fake.events.peer_up) do
      handler(peer)
    end
  end

  it("reserves what a plain peer has open, then what it has reserved", function()
    fake.answers["b list-channels"] = { channels = { { name = "one", password = fake.relay.null } } }
    fake.answers["b list-reserved-channels"] = { channels = { { name = "two", password = "00ff" } } }
    come_up { name = "b", is_plain = true }
    assert.are.same({ "b list-channels", "b list-nodes", "b list-reserved-channels" }, fake.asked)
    assert.are.same({ "open b one ", "reserved b two 00ff" }, told)
    assert.are.same({}, fake.log)
  end)

  it("knows what is reserved for certain where it knows all nodes beyond the peer", function()
    fake.answers["b list-reserved-channels"] = { channels = { { name = "two", password = "00ff" } } }
    for _, case in ipairs {
      { { "node-a", "c" }, "reserved b two 00ff surely" },
      { { "node-a", "stranger" }, "reserved b two 00ff" },
    } do
      fake.nodes = { { name = "c" } }
      fake.answers["b list-nodes"] = { nodes = case[1] }
      told[#told] = nil
      come_up { name = "b", is_plain = true }
      assert.are.equal(case[2], told[#told])
    end
  end)

  it("asks nothing of our own kind", function()
    come_up { name = "b", is_plain = false }
    assert.are.same({}, fake.asked)
  end)

  it("ignores garbage and says how much", function()
    fake.answers["b list-channels"] = {
      channels = {
        5, {}, { name = {} }, { name = "a", password = 7 }, { name = "b", password = "no hash" },
        { name = "c" },
      },
    }
    come_up { name = "b", is_plain = true }
    assert.are.same({ "open b b no hash", "open b c " }, told)
    assert.are.equal("warn onboarding: 5 entries of b's list-channels make no sense", fake.log[1])
  end)

  it("says why there was no list", function()
    fake.answers["b list-channels"] = { ok = false, reason = "unknown command" }
    come_up { name = "b", is_plain = true }
    assert.are.equal("warn onboarding: b gave no list to list-channels: unknown command", fake.log[1])
    assert.are.equal("warn onboarding: b gave no list to list-reserved-channels: timed out", fake.log[2])
  end)
end)
