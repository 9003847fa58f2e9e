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

describe("docs/operations.md", function()
  it("tells of every metric with its type and labels, and of no other", function()
    local listed = {}
    for _, metric in ipairs(metric_list) do
      listed[metric[1]] = { labels = labels_of(metric), kind = metric[2] }
    end
    assert.are.same(listed, documented())
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
