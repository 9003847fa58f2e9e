local nearest = dofile "policies/nearest.lua"

local function node(name, given)
  local facts = {
    name = name, host = "wss://" .. name .. ".example.com/connect",
    clients = 10, load = 0, health = "good", draining = false,
  }
  for key, value in pairs(given or {}) do
    facts[key] = value
  end
  return facts
end

local function choose(nodes, given, settings)
  local request = { time = 0, address = "192.0.2.7", query = {}, headers = {}, nodes = nodes }
  for key, value in pairs(given or {}) do
    request[key] = value
  end
  return nearest.choose(request, settings or {})
end

local function region_of(address, regions)
  return nearest._region_of(address, { nearest = regions })
end

describe("policies/nearest.lua", function()
  it("takes the node with little to do", function()
    local nodes = { node("a"), node("b", { clients = 3 }), node("c", { clients = 3, load = 0.5 }) }
    assert.are.same({ "b", "a", "c" }, choose(nodes))
  end)

  it("answers one and the next three", function()
    assert.are.equal(4, #choose { node "a", node "b", node "c", node "d", node "e" })
    assert.are.same({ "a", "b", "c", "d" }, choose { node "e", node "d", node "c", node "b", node "a" })
    assert.are.same({}, choose {})
  end)

  it("takes a node of the client's region before an idle one elsewhere", function()
    local nodes = { node("a", { region = "us", clients = 0 }), node("b", { region = "eu" }) }
    assert.are.same({ "b", "a" }, choose(nodes, { region = "eu" }))
    assert.are.same({ "a", "b" }, choose(nodes, { region = "us" }))
    assert.are.same({ "a", "b" }, choose(nodes, { region = "moon" }))
  end)

  it("takes a healthy node elsewhere before an ill one of the region, and one that leaves last", function()
    local nodes = {
      node("a", { region = "eu", draining = true }),
      node("b", { region = "eu", health = "bad" }),
      node("c", { region = "eu", health = "degraded" }),
      node("d", { region = "us" }),
    }
    assert.are.same({ "d", "c", "b", "a" }, choose(nodes, { region = "eu" }))
  end)

  it("knows the region by the address, unless the client says one", function()
    local nodes = { node("a", { region = "us" }), node("b", { region = "eu" }) }
    local settings = { nearest = { ["192.0.2."] = "eu" } }
    assert.are.equal("b", choose(nodes, {}, settings)[1])
    assert.are.equal("a", choose(nodes, { region = "us" }, settings)[1])
    assert.are.equal("a", choose(nodes, { address = "192.0.3.1" }, settings)[1])
  end)

  it("reads the beginnings of IPv4 addresses", function()
    local regions = { ["10.1."] = "eu", ["10."] = "us", ["10.1.2.3"] = "home", ["172.16.0.0/12"] = "lab" }
    assert.are.equal("eu", region_of("10.1.9.9", regions))
    assert.are.equal("us", region_of("10.10.0.1", regions))
    assert.are.equal("us", region_of("10.2.0.1", regions))
    assert.are.equal("home", region_of("10.1.2.3", regions))
    assert.are.equal("lab", region_of("172.31.255.255", regions))
    assert.is_nil(region_of("172.32.0.0", regions))
    assert.is_nil(region_of("110.1.9.9", regions))
  end)

  it("reads the beginnings of IPv6 addresses, however they are written", function()
    local regions = {
      ["2001:db8::/33"] = "eu", ["2001:db8:"] = "us", ["fe80::/10"] = "lab", ["::1"] = "home",
    }
    assert.are.equal("eu", region_of("2001:db8:7fff::1", regions))
    assert.are.equal("us", region_of("2001:db8:8000::1", regions))
    assert.are.equal("us", region_of("2001:0db8:ffff:0:0:0:0:1", regions))
    assert.are.equal("lab", region_of("fe80::1%eth0", regions))
    assert.are.equal("home", region_of("0:0:0:0:0:0:0:1", regions))
    assert.is_nil(region_of("2001:db9::1", regions))
    assert.are.equal("deep", region_of("2001:db8::5", { ["2001:db8::4/126"] = "deep" }))
    assert.is_nil(region_of("2001:db8::8", { ["2001:db8::4/126"] = "deep" }))
  end)

  it("finds an IPv4 address in its IPv6 form", function()
    assert.are.equal("eu", region_of("::ffff:10.1.2.3", { ["10.1."] = "eu" }))
    assert.are.equal("eu", region_of("10.1.2.3", { ["::ffff:10.1.0.0/112"] = "eu" }))
  end)

  it("has a place for everybody, by a prefix of nothing", function()
    assert.are.equal("v4", region_of("8.8.8.8", { ["0.0.0.0/0"] = "v4", ["::/0"] = "v6" }))
    assert.are.equal("v6", region_of("2001:db8::1", { ["0.0.0.0/0"] = "v4", ["::/0"] = "v6" }))
  end)

  it("has no region for what is no address", function()
    local regions = { ["0.0.0.0/0"] = "v4", ["::/0"] = "v6" }
    local texts = { "", "unix", "1.2.3", "1.2.3.256", "1.2.3.4.5", "1:2", ":::", "1::2::3", "12345::" }
    for _, text in ipairs(texts) do
      assert.is_nil(region_of(text, regions), text)
    end
  end)

  it("says which prefix is none", function()
    for _, text in ipairs { "10.1", "10.0.0.0/33", "::/129", "eu", "10.0.0.0/", "/8", "10.300." } do
      assert.has_error(function()
        region_of("10.1.2.3", { [text] = "eu" })
      end, ("%q is no address, nor the beginning of one"):format(text))
    end
  end)

  it("checks the prefixes of the settings when it is loaded", function()
    nearest.check {}
    nearest.check { nearest = { ["10.1."] = "eu" } }
    local ok, problem = pcall(nearest.check, { nearest = { ["10.300."] = "eu" } })
    assert.is_false(ok)
    local what = 'settings.nearest: "10.300." is no address, nor the beginning of one'
    assert.are.equal(what, problem:match "nearest%.lua:%d+: (.*)")
    assert.is_false((pcall(nearest.check, { nearest = "eu" })))
  end)
end)
