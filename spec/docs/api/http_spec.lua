-- For the engine and the master alone.
local INNER = { serve = true, install = true, set_home = true }

describe("docs/api/http.lua", function()
  it("has what require \"relay.http\" gives, and nothing else", function()
    local documented, given = {}, {}
    for line in io.lines "docs/api/http.lua" do
      documented[line:match "^function http%.([%w_]+)" or ""] = true
    end
    documented[""] = nil
    for line in io.lines "scripts/relay/http.lua" do
      local name = line:match "^function http%.([%w_]+)"
      if name and not INNER[name] then
        given[name] = true
      end
    end
    assert.are.same(given, documented)
  end)
end)
