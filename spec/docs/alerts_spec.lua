local metric_list = require "relay.metric_list"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

-- What a rule can ask for; `up` is Prometheus' own.
local function samples()
  local names = { up = true }
  for _, metric in ipairs(metric_list) do
    local name, kind = metric[1], metric[2]
    names[name] = kind ~= "histogram" and kind ~= "summary"
    names[name .. "_bucket"] = kind == "histogram"
  end
  return names
end

-- Whether a metric's label, of those that have few values, can have this one.
local function has_value(name, label, value)
  for _, metric in ipairs(metric_list) do
    if metric[1] == name and metric.by and metric.by.label == label then
      for _, pair in ipairs(metric.by.values) do
        if pair[1] == value then
          return true
        end
      end
      return false
    end
  end
  return true
end

-- The alerts, each as the text of its rule.
local function rules()
  local found = {}
  local text = read("docs/prometheus/wsrelay-rules.yml"):gsub("%- alert: ", "\1")
  for name, rule in text:gmatch "\1(%w+)([^\1]+)" do
    found[name] = rule
  end
  assert.is_truthy(found.WsrelayNodeDown)
  return found
end

-- The headings of a page as GitHub links them.
local function anchors(page)
  local found = {}
  for heading in read(page):gmatch "\n#+ ([^\n]+)" do
    found[heading:lower():gsub("[^%w%s_-]", ""):gsub("%s", "-")] = true
  end
  return found
end

describe("docs/prometheus/wsrelay-rules.yml", function()
  it("asks for metrics that a node has", function()
    local known = samples()
    for alert, text in pairs(rules()) do
      local asks = text:match "expr:(.-)\n%s+[%l]+:"
      for name in asks:gmatch "%f[%w_]([%l_]+)%f[^%w_]" do
        if name:find "^wsrelay_" or name:find "^process_" then
          assert.is_true(known[name], alert .. ": " .. name)
        end
      end
      for name, labels in asks:gmatch "([%l_]+){([^}]*)}" do
        for label, value in labels:gmatch '(%l+)="(%l+)"' do
          assert.is_true(has_value(name, label, value), ("%s: %s=%s"):format(alert, label, value))
        end
      end
    end
  end)

  it("says how grave each is, in a sentence, and on which page more of it stands", function()
    for alert, text in pairs(rules()) do
      assert.is_truthy(text:find "severity: critical" or text:find "severity: warning", alert)
      assert.is_truthy(text:find 'summary: "[^"]+"', alert)
      local page, anchor = text:match "documentation: (docs/%l+%.md)#([%l-]+)"
      assert.is_true(anchors(page)[anchor], alert .. ": " .. tostring(anchor))
    end
  end)
end)
