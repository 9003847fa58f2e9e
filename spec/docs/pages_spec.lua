local pages = dofile "docs/pages.lua"

local STUB = [[
---@meta relay.sample
-- luacheck: ignore 212

--- What this is.
--
-- More of it.

---@class relay.Thing what it is
---@field id integer its number
---@field names? string[]
---@field ask fun(a: string, b: table<string, integer>): boolean, string? # whether
---@field [string] any the rest

---@class relay.sample
local sample = {}

---@alias relay.Kind
---| "one"
---| "two"

--- Does it.
---@generic T: table
---@param thing relay.Thing to do
---@param seconds? number
---@return true? done
---@return string? reason "busy"
function sample.run(thing, seconds) end

--- A table.
---@type table
sample.state = {}

return sample
]]

describe("docs/pages.lua", function()
  local page = pages.convert(STUB, "sample")

  local function has(text)
    assert.truthy(page:find(text, 1, true), text)
  end

  it("begins with what the stub begins with, under the module's name", function()
    assert.are.equal(1, page:find "--- What this is.\n%-%-%s*\n%-%- More of it.\n%-%- @module relay.sample\n")
  end)

  it("makes a table of a class, with its fields and their types", function()
    has "-- @table relay.Thing\n-- @field id (`integer`) its number\n-- @field names (`string[]?`)"
    has "-- @field ask (`fun(a: string, b: table<string, integer>): boolean, string?`) whether"
    has "-- @field string (`any`) the rest"
  end)

  it("makes a function of a function, with what it takes and gives", function()
    has "--- Does it.\n-- @function run\n"
    has "-- @param thing (`relay.Thing`) to do\n-- @param seconds (`number?`)"
    has "-- @return (`true?`) done\n-- @return (`string?`) reason \"busy\""
  end)

  it("has the values of an alias and the fields of the module", function()
    has "--- relay.Kind: `\"one\" \"two\"`"
    has "-- @field state A table."
  end)

  it("leaves nothing of LuaLS' own over", function()
    for _, tag in ipairs { "@class", "@alias", "@generic", "@meta", "@type" } do
      assert.is_nil(page:find(tag, 1, true), tag)
    end
  end)
end)
