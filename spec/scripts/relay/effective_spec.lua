local effective = require "relay.effective"
local schema = require "relay.schema"

local SOURCE = [[
relay.node {
  token = "abc",
  limits = {
    burst = 3,
  },
}]]

local ORIGIN = { given = { token = "abc", limits = { burst = 3 } }, text = SOURCE,
  file = "main.lua", line = 1 }

local function text_of(changes, options, answers)
  local configuration = schema.defaults()
  configuration.name = "node-a"
  for key, value in pairs(changes or {}) do
    configuration[key] = value
  end
  return effective.text(configuration, ORIGIN, options or {}, answers or {})
end

-- The line of a key, its spaces made one.
local function line_of(text, key)
  local line = text:match("\n%s*(" .. key .. " = [^\n]*)")
  return line and (line:gsub(" +", " "))
end

describe("relay.effective", function()
  it("says who gave each value", function()
    local text = text_of({ token = "abc" }, {
      { key = "log-level", value = "debug", source = "WSRELAY_LOG_LEVEL" },
      { key = "peer", value = "…", source = "WSRELAY_PEERS" },
      { key = "peer", value = "…", source = "--peer" },
    })
    assert.are.equal("burst = 2000, -- main.lua:4", line_of(text, "burst"))
    assert.are.equal("hash_queue = 1024, -- default", line_of(text, "hash_queue"))
    assert.are.equal('level = "info", -- WSRELAY_LOG_LEVEL', line_of(text, "level"))
    assert.are.equal('format = "text", -- default', line_of(text, "format"))
    assert.are.equal("peers = {}, -- --peer", line_of(text, "peers"))
  end)

  it("shows no secret", function()
    local text = text_of {
      token = "abc",
      peers = { { name = "b", url = "wss://me:s3word@b.example/", token = "s3one" } },
      admin = { listen = { host = "127.0.0.1", port = 8081 }, token = "s3two" },
      tls = { cert = "/cert.pem", key = "/key.pem" },
    }
    for _, secret in ipairs { "abc", "s3one", "s3two", "s3word" } do
      assert.is_nil(text:find(secret, 1, true))
    end
    assert.is_truthy(text:find('"/key.pem"', 1, true))
    assert.is_truthy(select(2, schema.fields.token.check("…hidden…")))
  end)

  it("is Lua that gives the same configuration", function()
    local given
    local changes = {
      host = "wss://a.example/",
      listen = { { host = "::1", port = 80 }, { host = "127.0.0.1", port = 0 } },
      peers = { { name = "b", url = "ws://b/" } },
    }
    local chunk = assert(load(text_of(changes), "text", "t", {
      require = function()
        return { node = function(configuration) given = configuration end }
      end,
    }))
    chunk()
    assert.are.same({ "[::1]:80", "127.0.0.1:0" }, given.listen)
    assert.are.same(changes.peers, given.peers)
    assert.are.same(schema.defaults().limits, given.limits)
    assert.are.equal("node-a", given.name)
  end)

  it("sorts the keys and names all of them", function()
    local keys = {}
    for key in text_of():gmatch("\n  ([%a_]+) = ") do
      keys[#keys + 1] = key
    end
    local sorted = table.move(keys, 1, #keys, 1, {})
    table.sort(sorted)
    assert.are.same(sorted, keys)
    for key in pairs(schema.fields) do
      assert.is_truthy(line_of(text_of(), key), key)
    end
  end)

  it("survives what no configuration should hold", function()
    local loop = {}
    loop.loop = loop
    assert.is_truthy(text_of { settings = loop, host = "two\nlines" })
    assert.is_truthy(load(text_of { policies = "two\nlines" }))
  end)

  it("tells which file answers a question", function()
    local text = text_of({}, {}, {
      { file = "client_auth", name = "connect", path = "policies/client_auth.lua", is_user = true },
      { file = "limits", name = "client", path = "/usr/share/limits.lua", is_user = false },
      { file = "message", name = "publish" },
    })
    assert.is_truthy(text:find("client_auth.connect +policies/client_auth.lua\n"))
    assert.is_truthy(text:find("limits.client +/usr/share/limits.lua  %(installed%)\n"))
    assert.is_truthy(text:find("message.publish +nobody"))
  end)

  it("points at the line of a key", function()
    assert.are.equal("main.lua:4", effective.place(ORIGIN, { "limits", "burst" }))
    assert.are.equal("main.lua:1", effective.place(ORIGIN, { "tls" }))
  end)
end)
