local process = require "relay.master.process"

describe("relay.master.process", function()
  local processes

  before_each(function()
    processes = process.new()
  end)

  local function take(uptime, told, started_at)
    return processes:take("node-b", { uptime_seconds = uptime, started_at = started_at or 5, process = told })
  end

  local function slow(uptime, count, started_at)
    return take(uptime, { slow_clients = count }, started_at).recent.slow_clients
  end

  it("passes on what was told", function()
    local told = { resident_bytes = 7, links = 2, reloads_refused = 1 }
    local entry = take(1000, told)
    assert.are.same({ 7, 2, 1 }, { entry.resident_bytes, entry.links, entry.reloads_refused })
    assert.is_nil(entry.cpu)
    assert.is_nil(told.recent)
  end)

  it("is nothing of a node that tells nothing", function()
    assert.is_nil(take(1000, nil))
    assert.is_nil(take(nil, {}))
    assert.are.same({}, processes.kept)
  end)

  it("measures the processor by the node's own time, from round to round", function()
    take(1000, { cpu_seconds = 10 })
    assert.are.equal(0.5, take(1004, { cpu_seconds = 12 }).cpu)
    assert.are.equal(0.5, take(1004, { cpu_seconds = 12 }).cpu) -- its last word: it does not answer
    assert.are.equal(0.5, take(1004.5, { cpu_seconds = 12.4 }).cpu)
    assert.are.equal(1.25, take(1006, { cpu_seconds = 14.5 }).cpu)
    assert.is_nil(take(1008, {}).cpu)
    assert.is_nil(take(1010, { cpu_seconds = 15 }).cpu)
    assert.are.equal(0, take(1012, { cpu_seconds = 14 }).cpu)
  end)

  it("tells by how much counters rose in five minutes", function()
    assert.are.equal(0, slow(1000, 50))
    assert.are.equal(2, slow(1015, 52))
    assert.are.equal(3, slow(1030, 53))
    assert.are.equal(3, slow(1300, 53))
    assert.are.equal(1, slow(1315, 53))
    assert.are.equal(0, slow(1330, 53))
  end)

  it("counts all of a node that has just started, and begins anew with it", function()
    assert.are.equal(4, slow(200, 4))
    assert.are.equal(5, slow(299, 5))
    assert.are.equal(1, slow(500, 5))
    assert.are.equal(2, slow(10, 2))
    assert.are.equal(7, slow(250, 7, 900))
    assert.is_nil(take(260, { cpu_seconds = 3 }, 1000).cpu)
    assert.are.equal(0, slow(5000, 3, 2000))
  end)

  it("keeps 22 samples of a node at most, and none of one that is forgotten", function()
    for uptime = 1000, 3000 do
      take(uptime, { slow_clients = 1 })
      assert.is_true(#processes.kept["node-b"].samples <= 22)
    end
    processes:forget "node-b"
    assert.are.same({}, processes.kept)
  end)
end)
