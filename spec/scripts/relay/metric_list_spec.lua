local fake_relay = require "spec.support.fake_relay"
local list = require "relay.metric_list"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

-- The names of an X macro: what counters.h and mesh_counters.h count.
local function counters(path, names)
  for name in read(path):gmatch "\n    X%(([%w_]+)%)" do
    names[name] = true
  end
end

-- The keys that bind_figures.c sets, by the table that gets them: in a function push_<noun> the
-- noun's, in every other one the figures'.
local function keys_in_c()
  local keys = { figures = {} }
  local current = keys.figures
  for line in (read "engine/script/bind_figures.c"):gmatch "[^\n]+" do
    local noun = line:match "^static void push_([%w_]+)%("
    if noun then
      keys[noun] = {}
      current = keys[noun]
    elseif line:find "^static " then
      current = keys.figures
    end
    local key = line:match '^%s*set_[%w_]+%(lua, "([%w_]+)"'
      or line:match 'lua_setfield%(lua, %-2, "([%w_]+)"'
    if key then
      current[key] = true
    end
  end
  return keys
end

-- What metrics.lua makes itself, out of the figure that is named.
local MADE = { builds = "version", busiest = "channels" }
-- And how the master's routine does.
local function add_synchronise(figures)
  fake_relay.install()
  figures.synchronise_at = true -- none before the first round
  for key in pairs(require("relay.master.synchronise").new():status()) do
    figures["synchronise_" .. key] = true
  end
  fake_relay.remove()
end

local ENTRIES = { policies = "question", peers = "peer", busiest = "channel" }

-- Every figure that a metric names, with how many do.
local function named()
  local names = {}
  local function add(name)
    name = MADE[name] or name
    names[name] = (names[name] or 0) + 1
  end
  for _, metric in ipairs(list) do
    if metric.by then
      for _, pair in ipairs(metric.by.values) do
        add(pair[2])
      end
    elseif metric.each then
      add(metric.each.list)
    elseif metric.histogram then
      add(metric.histogram.buckets)
      add(metric.histogram.sum)
      add(metric.histogram.count)
    else
      add(metric.figure)
    end
  end
  return names
end

local function each_metric(check)
  for _, metric in ipairs(list) do
    check(metric[1], metric[2], metric[3], metric)
  end
end

describe("relay.metric_list", function()
  it("shows every figure of the engine, and none that it does not have", function()
    local figures = keys_in_c().figures
    counters("engine/relay/counters.h", figures)
    counters("engine/mesh/mesh_counters.h", figures)
    add_synchronise(figures)
    local shown = named()
    for name in pairs(figures) do
      assert.is_truthy(shown[name], name .. " has no metric")
    end
    for name in pairs(shown) do
      assert.is_truthy(figures[name], name .. " is no figure")
    end
  end)

  it("shows no figure twice", function()
    local lists = { policies = true, peers = true, version = true, channels = true }
    for name, times in pairs(named()) do
      assert.is_true(times == 1 or lists[name] ~= nil, name)
    end
  end)

  it("shows all that an entry of a list has, once", function()
    local keys = keys_in_c()
    for entries, noun in pairs(ENTRIES) do
      local shown = {}
      for _, metric in ipairs(list) do
        local each = metric.each
        if each and each.list == entries then
          shown[each.value], shown[each.count or each.value] = true, true
          for _, pair in ipairs(each.labels) do
            shown[pair[2]] = true
          end
        end
      end
      for name in pairs(keys[noun]) do
        assert.is_true(shown[name], entries .. ": " .. name)
      end
      keys[noun].name = nil
      shown.name = nil
      assert.are.same(keys[noun], shown)
    end
  end)

  it("names no metric twice", function()
    local seen = {}
    each_metric(function(name)
      assert.is_nil(seen[name], name)
      seen[name] = true
    end)
  end)

  it("keeps Prometheus' conventions", function()
    each_metric(function(name, kind, help)
      assert.is_truthy(name:find "^wsrelay_[%l_]+$" or name:find "^process_[%l_]+$", name)
      assert.are.equal(kind == "counter", name:find "_total$" ~= nil, name)
      assert.is_truthy(help:find "^[%w].*%.$", name)
      assert.is_nil(help:find "[\\\n]", name)
    end)
  end)

  it("has channels by name in those of admin.channel_metrics alone", function()
    each_metric(function(name, _, _, metric)
      local is_by_channel = name:find "^wsrelay_channel_" ~= nil
      assert.are.equal(is_by_channel, metric.each ~= nil and metric.each.list == "busiest", name)
      local label = metric.each and metric.each.labels[1][1] or metric.by and metric.by.label
      assert.are.equal(is_by_channel, label == "channel", name)
    end)
  end)
end)
