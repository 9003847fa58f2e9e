local trouble = require "relay.master.trouble"

describe("relay.master.trouble", function()
  it("says what rose, one or many", function()
    local before = {
      messages_dropped = 3, slow_clients = 0, connections_refused = 1, policy_failures = 2,
      handler_failures = 9,
    }
    local after = {
      messages_dropped = 30, slow_clients = 3, connections_refused = 6, policy_failures = 14,
      handler_failures = 11,
    }
    assert.are.equal("dropped 27 messages for slow readers, closed 3 slow clients, refused 5 connections, "
      .. "policies failed 12 times, handlers failed 2 times", trouble.text(before, after))
    for _, counter in ipairs(trouble.COUNTERS) do
      after[counter] = before[counter] + 1
    end
    assert.are.equal("dropped a message for a slow reader, closed a slow client, refused a connection, "
      .. "policies failed once, handlers failed once", trouble.text(before, after))
  end)

  it("copies the counters, and knows those of a node that has just started", function()
    assert.are.same({ slow_clients = 3, reloads_refused = 1 },
      trouble.copy { slow_clients = 3, reloads_refused = 1, cpu_seconds = 5, links = 2 })
    assert.are.same(trouble.zero(), trouble.copy(trouble.zero()))
    assert.are.equal(0, trouble.zero().reloads_refused)
  end)

  it("says nothing where nothing rose, or one of the two is not known", function()
    assert.is_nil(trouble.text({ slow_clients = 3 }, { slow_clients = 3 }))
    assert.is_nil(trouble.text({ slow_clients = 3 }, { slow_clients = 1 }))
    assert.is_nil(trouble.text({}, { slow_clients = 1 }))
    assert.is_nil(trouble.text({ slow_clients = 1 }, {}))
  end)
end)
