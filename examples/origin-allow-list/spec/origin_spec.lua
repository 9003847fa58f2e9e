local client_auth = require "policies.client_auth"

local SETTINGS = { origins = { "https://example.com", "https://*.example.com" } }

local function connect(origin)
  return client_auth.connect({ origin = origin }, SETTINGS)
end

describe("origin-allow-list", function()
  it("lets in the sites of the list, and those below a star", function()
    assert.is_true(connect "https://example.com")
    assert.is_true(connect "https://chat.example.com")
    assert.is_true(connect "HTTPS://Chat.Example.com")
  end)

  it("lets in what is no browser", function()
    assert.is_true(connect(nil))
  end)

  it("refuses everything that only looks alike", function()
    for _, origin in ipairs {
      "http://example.com", "https://example.com:8443", "https://example.com.evil.org",
      "https://evil-example.com", "https://a.b.example.com",
      "https://.example.com", "https://exampleXcom", "null", "",
    } do
      assert.are.same({ false, "unknown origin" }, { connect(origin) }, origin)
    end
  end)
end)

describe("origin-allow-list, on a node", function()
  it("refuses a foreign page before its socket opens", function()
    local net = require("relay.testkit").network { "node-a" }
    assert(net:client("node-a", { origin = "https://chat.example.com" }))
    local client, reason, status = net:client("node-a", { origin = "https://evil.org" })
    assert.are.same({ nil, "unknown origin", 403 }, { client, reason, status })
    net:close()
  end)
end)
