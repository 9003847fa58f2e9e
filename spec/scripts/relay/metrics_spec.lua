local fake_relay = require "spec.support.fake_relay"
local figures = require "spec.support.figures"

local EMOJI = "\u{1F319}"

describe("relay.metrics", function()
  local fake, metrics

  local function load(changes)
    fake = fake_relay.install()
    figures.install(fake, changes)
    package.loaded["relay.metrics"] = nil
    metrics = require "relay.metrics"
  end

  after_each(function()
    fake_relay.remove()
    package.loaded["relay.metrics"], package.loaded["relay.http"] = nil, nil
  end)

  local function has(...)
    local text = "\n" .. metrics.text()
    for _, line in ipairs { ... } do
      assert.is_truthy(text:find("\n" .. line .. "\n", 1, true), line .. " is not in " .. text)
    end
  end

  -- How many lines begin so.
  local function count(beginning)
    local found = 0
    for line in metrics.text():gmatch "[^\n]+" do
      found = found + (line:sub(1, #beginning) == beginning and 1 or 0)
    end
    return found
  end

  it("says help and type before a figure", function()
    load { clients = 3 }
    has("# HELP wsrelay_clients Clients that are connected.\n# TYPE wsrelay_clients gauge\nwsrelay_clients 3")
  end)

  it("gives each reason a label's value", function()
    load { connections_refused_full = 1, handshakes_refused = 2 }
    has('wsrelay_connections_refused_total{reason="full"} 1',
      'wsrelay_connections_refused_total{reason="handshake"} 2')
  end)

  it("writes integers whole, and seconds to the nanosecond", function()
    load { deliveries = 9007199254740993, cpu_seconds = 123456.123456789, started_at = 1795389987.125 }
    has("wsrelay_deliveries_total 9007199254740993", "process_cpu_seconds_total 123456.123456789",
      "process_start_time_seconds 1795389987.125")
  end)

  it("writes what is no number, and what has no end", function()
    load { cpu_seconds = 0 / 0, descriptors_max = math.huge, loop_cpu_seconds = -math.huge }
    has("process_cpu_seconds_total NaN", "process_max_fds +Inf", "wsrelay_loop_cpu_seconds_total -Inf")
  end)

  it("leaves out what is not known, its help too", function()
    load()
    fake.engine.figures = function()
      local all = figures.new()
      all.descriptors = nil
      return all
    end
    assert.is_nil(metrics.text():find("process_open_fds", 1, true))
  end)

  it("tells the policies, each question by two labels", function()
    local asked = { policy = "limits", question = "client", asked = 33, failed = 1, timed = 3, seconds = 0.5 }
    load { policies = { asked } }
    local labels = '{policy="limits",question="client"} '
    has("wsrelay_policy_calls_total" .. labels .. "33", "wsrelay_policy_failures_total" .. labels .. "1",
      "wsrelay_policy_seconds_sum" .. labels .. "0.5", "wsrelay_policy_seconds_count" .. labels .. "3")
  end)

  it("tells the turns of the loop as a histogram", function()
    load {
      turns = { { up_to = 0.001, count = 5 }, { up_to = 1.0, count = 6 }, { up_to = math.huge, count = 7 } },
      turn_seconds = 2.5, turn_count = 7,
    }
    has('wsrelay_loop_lag_seconds_bucket{le="0.001"} 5', 'wsrelay_loop_lag_seconds_bucket{le="1"} 6',
      'wsrelay_loop_lag_seconds_bucket{le="+Inf"} 7', "wsrelay_loop_lag_seconds_sum 2.5",
      "wsrelay_loop_lag_seconds_count 7")
  end)

  it("tells the peers, and those of main.lua that are not linked", function()
    load {
      peers = { { name = "node-b", is_up = 1, queued_bytes = 7, latency_seconds = 0.25 },
        { name = "node-d", is_up = 1, queued_bytes = 0 } },
    }
    fake.configured = { { name = "node-b" }, { name = "node-c" } }
    has('wsrelay_peer_up{peer="node-b"} 1', 'wsrelay_peer_up{peer="node-c"} 0',
      'wsrelay_peer_latency_seconds{peer="node-b"} 0.25', 'wsrelay_peer_queued_bytes{peer="node-b"} 7')
    assert.are.equal(3, count "wsrelay_peer_up{")
    assert.are.equal(1, count "wsrelay_peer_latency_seconds{")
  end)

  it("tells the version and the node's name", function()
    load()
    has('wsrelay_build_info{version="1.2.3"} 1', 'wsrelay_node_info{node="node-a"} 1')
  end)

  it("tells how the routine of a master does, and nothing of it elsewhere", function()
    load()
    fake.engine.figures = function()
      return { version = "1", peers = {}, policies = {}, turns = {} }
    end
    assert.are.equal(0, count "wsrelay_synchronise_")
    require("relay.master.synchronise").status = function()
      return { at = 1000.5, rounds = 7, seconds = 0.25, asked = 3, silent = 1, differences = 5, lasting = 2,
        conflicts = 4, mended = 9 }
    end
    has("wsrelay_synchronise_rounds_total 7", "wsrelay_synchronise_last_time_seconds 1000.5",
      "wsrelay_synchronise_duration_seconds 0.25", "wsrelay_synchronise_lasting 2",
      "wsrelay_synchronise_conflicts 4", "wsrelay_synchronise_mended_total 9")
    assert.are.equal(9, count "wsrelay_synchronise_")
  end)

  it("ends with the scripts' own as they stand", function()
    load()
    assert.are.equal("\n# TYPE a counter\na 1\n", metrics.text():sub(-22))
  end)

  describe("of channels", function()
    local function busy(name)
      return { name = name, subscribers = 2, messages = 30, message_bytes = 400 }
    end

    it("are not there unless they are asked for", function()
      load()
      fake.busiest = { busy "garden" }
      assert.are.equal(0, count "wsrelay_channel_")
      fake.admin = { channel_metrics = 0 }
      assert.are.equal(0, count "wsrelay_channel_")
      assert.is_nil(metrics.text():find("garden", 1, true))
    end)

    it("are as many as are asked for", function()
      load()
      fake.busiest = { busy "garden", busy "lobby", busy "attic" }
      fake.admin = { channel_metrics = 2 }
      has('wsrelay_channel_subscribers{channel="garden"} 2',
        'wsrelay_channel_messages_total{channel="lobby"} 30',
        'wsrelay_channel_message_bytes_total{channel="lobby"} 400')
      assert.are.equal(2, count "wsrelay_channel_subscribers{")
    end)

    it("have labels out of which no name breaks", function()
      load()
      fake.busiest = { busy('"} 1\\n"'), busy("a\nb"), busy(EMOJI .. "\\") }
      fake.admin = { channel_metrics = 3 }
      has('wsrelay_channel_subscribers{channel="\\"} 1\\\\n\\""} 2',
        'wsrelay_channel_subscribers{channel="a\\nb"} 2',
        'wsrelay_channel_subscribers{channel="' .. EMOJI .. '\\\\"} 2')
    end)

    it("let the loop turn when they are many", function()
      load()
      local turns = 0
      fake.relay.sleep = function() turns = turns + 1 end
      fake.busiest, fake.admin = {}, { channel_metrics = 2000 }
      for i = 1, 2000 do
        fake.busiest[i] = busy("c" .. i)
      end
      metrics.text()
      assert.are.equal(6, turns)
    end)
  end)

  describe("that are being made", function()
    local made, waiting

    -- The first one waits in its middle; who asks meanwhile waits for the topic.
    before_each(function()
      load()
      made, waiting = 0, {}
      local new = fake.engine.figures
      fake.engine.figures = function()
        made = made + 1
        coroutine.yield()
        return new()
      end
      fake.engine.wait = function(topic)
        table.insert(waiting, { topic = topic, thread = coroutine.running() })
        return coroutine.yield()
      end
      fake.engine.wake = function(topic)
        for _, one in ipairs(waiting) do
          assert.are.equal(topic, one.topic)
          one.is_woken = true
        end
      end
    end)

    local function ask()
      local answer = {}
      answer.thread = coroutine.create(function()
        answer.ok, answer.text = pcall(metrics.text)
      end)
      coroutine.resume(answer.thread)
      return answer
    end

    it("are made once for all who ask meanwhile", function()
      local first, second, third = ask(), ask(), ask()
      coroutine.resume(first.thread)
      assert.is_truthy(first.text:find("wsrelay_clients", 1, true))
      for place, answer in ipairs { second, third } do
        assert.is_true(waiting[place].is_woken)
        coroutine.resume(answer.thread)
        assert.are.equal(first.text, answer.text)
      end
      assert.are.equal(1, made)
      ask()
      assert.are.equal(2, made)
    end)

    it("fail for all of them, and not for the next one", function()
      local first, second = ask(), ask()
      fake.engine.metrics = function() error("no room", 0) end
      coroutine.resume(first.thread)
      coroutine.resume(second.thread)
      for _, answer in ipairs { first, second } do
        assert.are.same({ false, "no room" }, { answer.ok, answer.text })
      end
      ask()
      assert.are.equal(2, made)
    end)

    it("are waited for by eight, and refused to more", function()
      local handler
      package.loaded["relay.http"] = { route = function(_, _, given) handler = given end }
      metrics.install()
      for _ = 1, 1 + 8 do
        ask()
      end
      local response = handler {}
      assert.are.same({ 503, "1" }, { response.status, response.headers["Retry-After"] })
      assert.are.equal("busy: too many scrapes at once\n", response.body)
      assert.are.equal(1, made)
    end)

    it("are made anew when their handler was ended", function()
      ask()
      local second = ask()
      coroutine.resume(second.thread) -- its time is over
      assert.is_false(second.ok)
      ask()
      assert.are.equal(2, made)
    end)
  end)

  it("answers GET /metrics, with the token", function()
    load()
    local path, options, handler
    package.loaded["relay.http"] = {
      route = function(...) path, options, handler = ... end,
    }
    metrics.install()
    assert.are.equal("/metrics", path)
    assert.are.same({}, options)
    local response = handler {}
    assert.are.equal("text/plain; version=0.0.4; charset=utf-8", response.type)
    assert.are.equal(metrics.text(), response.body)
  end)
end)
