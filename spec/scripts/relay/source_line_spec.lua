local source_line = require "relay.source_line"

local MAIN = [==[
local relay = require "relay"
local name = "x" -- name = not this
--[[ lisen = neither ]]
relay.node {
  name = "a, lisen = 1 }", log = { level = "info" },
  ["lisen"] = 1,
  limits = {
    burst = (function() return 1 end)(),
    mesage_bytes = 2,
  },
  peers = {
    { name = "b", url = "x" },
    {
      name = "c",
      url = "y",
    },
  },
  listen = { "127.0.0.1:1",
    "localhost:2" },
}
other { deeper = 1 }
]==]

describe("relay.source_line", function()
  local function find(...)
    return source_line.find(MAIN, 4, { ... })
  end

  it("finds a key of the table", function()
    assert.are.equal(5, find "name")
    assert.are.equal(5, find "log")
  end)

  it("finds a key in brackets, not one in a comment or a string", function()
    assert.are.equal(6, find "lisen")
  end)

  it("finds a nested key", function()
    assert.are.equal(9, find("limits", "mesage_bytes"))
    assert.are.equal(5, find("log", "level"))
  end)

  it("finds a key in the second element of a list", function()
    assert.are.equal(12, find("peers", 1, "url"))
    assert.are.equal(15, find("peers", 2, "url"))
  end)

  it("finds an element of a list", function()
    assert.are.equal(19, find("listen", 2))
  end)

  it("points at the parent of a key that is missing", function()
    assert.are.equal(13, find("peers", 2, "token"))
  end)

  it("finds a key outside the table when it stands only once", function()
    assert.are.equal(21, find "deeper")
    assert.are.equal(1, source_line.find("local t = { lisen = 1 }\nrelay.node(t)", 2, { "lisen" }))
  end)

  it("answers nil when it cannot tell", function()
    assert.is_nil(find "colour")
    assert.is_nil(source_line.find("", 1, { "x" }))
    assert.is_nil(source_line.find("relay.node { 'unfinished", 1, { "x" }))
  end)
end)
