local answers = require "relay.master.answers"

local function stats()
  return {
    ok = true,
    relay = {
      channels = { "garden", "lobby" },
      clients = 5,
      channel_connections = { garden = 3, lobby = 4 },
    },
    network = {
      packets = { ["1s"] = 9, ["15s"] = 30, ["60s"] = 63 },
      bandwidth = { ["1s"] = 9, ["15s"] = 1.5, ["60s"] = 2 },
    },
    channels = {
      garden = { packets = { ["15s"] = 15 }, bandwidth = { ["15s"] = 0.5 } },
    },
  }
end

-- One of everything that JSON can hold, and the numbers that it cannot.
local NONSENSE = {
  true, false, 0, -1, 1.5, 2 ^ 60, 1 / 0, -1 / 0, 0 / 0, "", "text", "\0", "\xff", ("x"):rep(1000000),
  {}, { 1 }, { { {} } }, { a = 1 }, { ok = false, reason = "unknown command" }, { relay = {} },
}

local function is_sound(value)
  if type(value) == "table" then
    for _, inner in pairs(value) do
      if not is_sound(inner) then
        return false
      end
    end
    return true
  end
  if type(value) == "number" then
    return value >= 0 and value <= 2 ^ 53
  end
  return type(value) ~= "string" or #value <= 256 and utf8.len(value) ~= nil and not value:find "%c"
end

-- Puts each kind of nonsense in the place of each value, and reads.
local function with_nonsense(make, read)
  local root = make()
  local function each(value, put)
    for _, nonsense in ipairs(NONSENSE) do
      put(nonsense)
      assert.is_true(is_sound(read(root)))
    end
    put(value)
    for key, inner in pairs(type(value) == "table" and value or {}) do
      each(inner, function(changed)
        value[key] = changed
      end)
    end
  end
  each(root, function(changed)
    root = changed
  end)
end

describe("relay.master.answers", function()
  it("reads node-stats: the window of 15 s, a second", function()
    assert.are.same({
      clients = 5,
      channels = 2,
      messages_per_second = 2,
      kbits_per_second = 1.5,
      list = {
        garden = { clients = 3, messages_per_second = 1, kbits_per_second = 0.5 },
        lobby = { clients = 4, messages_per_second = 0, kbits_per_second = 0 },
      },
    }, answers.node_stats(stats()))
  end)

  it("takes no more than 5,000 channels of a node, and counts the rest", function()
    local told = { relay = { channels = {}, clients = 0 } }
    for number = 1, 5001 do
      told.relay.channels[number] = "channel-" .. number
    end
    local read, count = answers.node_stats(told), 0
    for _ in pairs(read.list) do
      count = count + 1
    end
    assert.are.equal(5000, count)
    assert.are.equal(5001, read.channels)
  end)

  it("reads a channel that is told twice once, and what is no name not at all", function()
    local names = { "a", "a", "", "b\n", "\xff", 5, ("x"):rep(257), "\u{85}" }
    local told = { relay = { channels = names, clients = 0 } }
    assert.are.same({ a = { clients = 0, messages_per_second = 0, kbits_per_second = 0 } },
      answers.node_stats(told).list)
  end)

  it("takes host-stats together: all disks, and bytes a second", function()
    local host = answers.host_stats {
      cpu = { ["1m"] = 0.4 },
      mem = { used = 100, free = 5, cache = 50, total = 200 },
      disk = {
        { mount = "/", used = 10, free = 90, total = 100 },
        { mount = "/home", used = 5, free = 5, total = 10 },
        { mount = "/broken", used = -1, total = 10 },
      },
      network = { bytes = { ["15s_in"] = 150, ["15s_out"] = 300 } },
    }
    assert.are.same({
      load = 0.4, memory_used = 100, memory_total = 200, disk_used = 15, disk_total = 110,
      disks = { { mount = "/", used = 10, total = 100 }, { mount = "/home", used = 5, total = 10 } },
      bytes_in_per_second = 10, bytes_out_per_second = 20,
    }, host)
  end)

  it("knows no disk's sum where no disk was told", function()
    local host = answers.host_stats { disk = {} }
    assert.is_nil(host.disk_total)
    assert.are.same({}, host.disks)
  end)

  it("reads node-info, but for the name", function()
    local info = answers.node_info {
      ok = true, name = "forged", version = "0.1.0", generation = 3, started_at = 12.5, uptime_seconds = 2,
      host = "wss://b/", region = "eu", draining = true, master = true, health = "bad",
      reason = "channels no clients", clients = 5, token = "secret",
      peers = { { name = "a", latency_ms = 0.5 }, { name = "b" }, { name = "*" }, { latency_ms = 1 }, 5 },
    }
    assert.are.same({
      version = "0.1.0", generation = 3, started_at = 12.5, uptime_seconds = 2, host = "wss://b/",
      region = "eu", draining = true, master = true, health = "bad", reason = "channels no clients",
      peers = { { name = "a", latency_ms = 0.5 }, { name = "b" } },
    }, info)
  end)

  it("reads of a process what it needs, where it was told", function()
    local told = {
      resident_bytes = 1 << 30, cpu_seconds = 1.5, queued_bytes = 0, links = 2, messages_dropped = 3,
      slow_clients = 4, connections_refused = 5, policy_failures = 6, handler_failures = 7,
      reloads_refused = 8, loop_busy_ms = 9,
    }
    local info = answers.node_info { version = "1", process = told }
    told.loop_busy_ms = nil
    assert.are.same(told, info.process)
    assert.is_nil(answers.node_info({ version = "1" }).process)
    assert.is_nil(answers.node_info({ version = "1", process = "much" }).process)
    assert.are.same({ links = 2 }, answers.node_info({
      version = "1", process = { links = 2.0, policy_failures = 0.5, slow_clients = -1, cpu_seconds = 1 / 0 },
    }).process)
  end)

  it("takes a refusal for no answer", function()
    local refusal = { ok = false, reason = "unknown command" }
    assert.is_nil(answers.node_info(refusal))
    assert.is_nil(answers.node_stats(refusal))
    assert.is_nil(answers.host_stats(refusal))
    assert.is_nil(answers.latency(refusal))
    assert.is_nil(answers.node_info "text")
    assert.is_nil(answers.node_info { ok = true, generation = 1 })
  end)

  it("reads no host that cannot be dialled, and no region that is none", function()
    local hosts = { "http://b/", "wss://", "javascript:alert(1)", "wss://b/ x", "wss://" .. ("b"):rep(300) }
    for _, host in ipairs(hosts) do
      assert.is_nil(answers.node_info({ version = "1", host = host }).host, host)
    end
    for _, region in ipairs { "", "e u", "<b>", ("x"):rep(65) } do
      assert.is_nil(answers.node_info({ version = "1", region = region }).region, region)
    end
  end)

  it("reads list-nodes and get-latency", function()
    assert.are.same({ "a", "b" }, answers.list_nodes { nodes = { "a", "", 5, "b", ("x"):rep(129) } })
    assert.are.same({}, answers.list_nodes { nodes = "a" })
    assert.are.equal(0.45, answers.latency { ok = true, latency = 0.45 })
    assert.is_nil(answers.latency { ok = true, latency = 0 / 0 })
  end)

  it("believes no number, text or list that cannot be, wherever it stands", function()
    with_nonsense(stats, answers.node_stats)
    with_nonsense(function()
      return {
        cpu = { ["1m"] = 1 }, mem = { used = 1, total = 1 }, disk = { { mount = "/", used = 1, total = 1 } },
        network = { bytes = { ["15s_in"] = 1, ["15s_out"] = 1 } },
      }
    end, answers.host_stats)
    with_nonsense(function()
      return {
        version = "1", generation = 1, started_at = 1, uptime_seconds = 1, host = "ws://b", region = "eu",
        draining = false, master = false, health = "good", reason = "healthy",
        peers = { { name = "a", latency_ms = 1 } }, process = { cpu_seconds = 1, links = 1 },
      }
    end, answers.node_info)
    with_nonsense(function() return { nodes = { "a" } } end, answers.list_nodes)
  end)
end)
