local schema = require "relay.schema"
local stubs = require "spec.support.stubs"

local classes = stubs.classes "docs/api/config.lua"

-- Whether relay.node knows the key of that table.
local function is_known(key, inner)
  local _, message = schema.node { [key] = { [inner] = true } }
  return message ~= nil and not message:find "^unknown"
end

describe("docs/api/config.lua", function()
  it("has every key of relay.node, and no other", function()
    assert.are.same(stubs.names(schema.fields), stubs.names(classes["relay.NodeConfig"]))
  end)

  for key, class in pairs {
    tls = "relay.TlsConfig",
    admin = "relay.AdminConfig",
    limits = "relay.LimitsConfig",
    health = "relay.HealthConfig",
    history = "relay.HistoryConfig",
    log = "relay.LogConfig",
  } do
    it("has keys of " .. key .. " that relay.node knows, and those with a default", function()
      for field in pairs(classes[class]) do
        assert.is_true(is_known(key, field), field)
      end
      for field in pairs(schema.defaults()[key] or {}) do
        assert.is_string(classes[class][field], field)
      end
    end)
  end
end)
