local cjson = require "cjson"
local metric_list = require "relay.metric_list"

-- What no panel shows, and why.
local LEFT_OUT = {
  process_virtual_memory_bytes = "says nothing that anybody acts on",
}

local function read()
  local file <close> = assert(io.open "docs/grafana/wsrelay.json")
  return cjson.decode(file:read "a")
end

-- The names that a query can ask for, with the metric behind each.
local function samples()
  local names = {}
  for _, metric in ipairs(metric_list) do
    local name, kind = metric[1], metric[2]
    if kind == "histogram" or kind == "summary" then
      names[name .. "_sum"], names[name .. "_count"] = name, name
      names[name .. "_bucket"] = kind == "histogram" and name or nil
    else
      names[name] = name
    end
  end
  return names
end

local function each_target(dashboard, check)
  for _, panel in ipairs(dashboard.panels) do
    for _, target in ipairs(panel.targets or {}) do
      check(target.expr, panel, target)
    end
  end
end

describe("docs/grafana/wsrelay.json", function()
  local dashboard = read()

  it("is a dashboard of Grafana 10 with a row for each part", function()
    local rows = {}
    for _, panel in ipairs(dashboard.panels) do
      if panel.type == "row" then
        rows[#rows + 1] = panel.title
      end
    end
    assert.are.equal(39, dashboard.schemaVersion)
    assert.are.same({ "Overview", "Traffic", "Mesh", "Scripts", "Process" }, rows)
  end)

  it("asks for metrics that a node has, and for all of them", function()
    local known, shown = samples(), {}
    each_target(dashboard, function(expr, panel)
      for name in expr:gmatch "%f[%w_]([%l_]+)%f[^%w_]" do
        if name:find "^wsrelay_" or name:find "^process_" then
          assert.is_truthy(known[name], panel.title .. ": " .. name)
          shown[known[name]] = true
        end
      end
    end)
    for _, metric in ipairs(metric_list) do
      assert.are.equal(LEFT_OUT[metric[1]] == nil, shown[metric[1]] == true, metric[1])
    end
  end)

  it("keeps to the nodes that were chosen, wherever it asks", function()
    each_target(dashboard, function(expr, panel)
      local _, metrics = expr:gsub("%f[%w_]wsrelay_[%l_]+%f[^%w_]", "")
      local _, processes = expr:gsub("%f[%w_]process_[%l_]+%f[^%w_]", "")
      local _, chosen = expr:gsub('{instance=~"%$instance"', "")
      assert.are.equal(metrics + processes, chosen, panel.title)
    end)
  end)

  it("asks the data source that was chosen", function()
    local names = {}
    for _, variable in ipairs(dashboard.templating.list) do
      names[variable.name] = variable.type
    end
    assert.are.same({ datasource = "datasource", instance = "query" }, names)
    each_target(dashboard, function(_, panel, target)
      assert.are.equal("${datasource}", panel.datasource.uid)
      assert.are.equal("${datasource}", target.datasource.uid)
    end)
  end)

  it("has panels with numbers of their own that lie beside each other", function()
    local ids, taken = {}, {}
    for _, panel in ipairs(dashboard.panels) do
      assert.is_nil(ids[panel.id], panel.title)
      ids[panel.id] = true
      local place = panel.gridPos
      assert.is_true(place.x + place.w <= 24, panel.title)
      for y = place.y, place.y + place.h - 1 do
        for x = place.x, place.x + place.w - 1 do
          assert.is_nil(taken[y * 24 + x], panel.title)
          taken[y * 24 + x] = true
        end
      end
    end
  end)
end)
