local metric_list = require "relay.metric_list"

-- The rows of the table in "Figures", by metric.
local function documented()
  local file <close> = assert(io.open "docs/operations.md")
  local section = file:read("a"):match "\n## Figures\n(.-)\n## "
  local rows = {}
  for name, labels, kind in section:gmatch "\n| `([%l_]+)({?[%l_,]*}?)` | (%l+) |" do
    assert.is_nil(rows[name], name)
    rows[name] = { labels = labels, kind = kind }
  end
  return rows
end

local function labels_of(metric)
  if metric.by then
    return "{" .. metric.by.label .. "}"
  end
  local names = {}
  for _, pair in ipairs(metric.each and metric.each.labels or {}) do
    names[#names + 1] = pair[1]
  end
  return names[1] and "{" .. table.concat(names, ",") .. "}" or ""
end

-- The keys of relay.node, and of the tables in it but limits, which have a section of their own.
local function keys()
  local file <close> = assert(io.open "docs/api/config.lua")
  local fields, class = {}, nil
  for line in file:lines() do
    class = line:match "^%-%-%-@class relay%.(%w+)" or class
    local key, kind = line:match "^%-%-%-@field ([%l_]+)%?? (%S+)"
    if key then
      fields[class] = fields[class] or {}
      table.insert(fields[class], { key, kind:match "^relay%.(%w+Config)$" })
    end
  end
  local found = {}
  for _, field in ipairs(fields.NodeConfig) do
    local key, inner = field[1], fields[field[2]]
    if not inner then
      found[#found + 1] = key
    end
    for _, one in ipairs(key ~= "limits" and inner or {}) do
      found[#found + 1] = key .. "." .. one[1]
    end
  end
  return found
end

describe("docs/operations.md", function()
  it("tells of every metric with its type and labels, and of no other", function()
    local listed = {}
    for _, metric in ipairs(metric_list) do
      listed[metric[1]] = { labels = labels_of(metric), kind = metric[2] }
    end
    assert.are.same(listed, documented())
  end)

  it("tells of every key of relay.node", function()
    local file <close> = assert(io.open "docs/operations.md")
    local text = file:read("a"):match "\n## Options.-\n(| .-)\n## Signals"
    for _, key in ipairs(keys()) do
      assert.is_truthy(text:find("`" .. key .. "`", 1, true), key)
    end
  end)

  it("tells of every value of a label that has few", function()
    local file <close> = assert(io.open "docs/operations.md")
    local text = file:read "a"
    for _, metric in ipairs(metric_list) do
      local row = text:match("\n| `" .. metric[1] .. "{[^\n]*")
      for _, pair in ipairs(metric.by and metric.by.values or {}) do
        assert.is_truthy(row:find("`" .. pair[1] .. "`", 1, true), metric[1] .. " " .. pair[1])
      end
    end
  end)
end)
