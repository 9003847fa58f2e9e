local columns = require "relay.ctl.columns"

describe("relay.ctl.columns", function()
  local DESCRIBED = {
    { title = "NAME", key = "name" },
    { title = "COUNT", key = "count", right = true },
    { title = "ON", cell = function(row) return row.is_on end },
  }

  local function lines(rows)
    local cells, made = {}, {}
    for i, row in ipairs(rows) do
      cells[i] = columns.cells(DESCRIBED, row)
    end
    for line in columns.lines(DESCRIBED, cells) do
      made[#made + 1] = line
    end
    return made
  end

  it("aligns texts left and numbers right, and leaves no space at the end", function()
    assert.are.same({
      "NAME    COUNT  ON",
      "verona     12  yes",
      "é           3  no",
    }, lines { { name = "verona", count = 12, is_on = true }, { name = "é", count = 3, is_on = false } })
  end)

  it("shows what is missing or empty as a dash", function()
    assert.are.same({ "NAME  COUNT  ON", "-         -  -" }, lines { { name = "" } })
  end)

  it("keeps a row in its line", function()
    assert.are.equal("a\\x0ab\\x09c", columns.cells(DESCRIBED, { name = "a\nb\tc" })[1])
  end)

  it("has a header alone for no rows", function()
    assert.are.same({ "NAME  COUNT  ON" }, lines {})
  end)
end)
