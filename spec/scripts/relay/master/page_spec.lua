local fake_master = require "spec.support.fake_master"

local FOLDER = "scripts/relay/master/page"

-- The files that are there.
local function listed()
  local names = {}
  local files = assert(io.popen("ls " .. FOLDER))
  for name in files:lines() do
    names[#names + 1] = name
  end
  files:close()
  return names
end

describe("relay.master.page", function()
  local fake, page

  before_each(function()
    fake = fake_master.install()
    page = require "relay.master.page"
  end)
  after_each(fake_master.remove)

  -- The page's files with this text in each; `missing` are not there.
  local function install(missing)
    local open = io.open
    finally(function()
      io.open = open -- luacheck: ignore 122
    end)
    io.open = function(path, mode) -- luacheck: ignore 122
      if path:match(missing or "^$") then
        return nil
      end
      return path:find("/page/", 1, true) and open("README.md", mode) or open(path, mode)
    end
    page.FILES = { "index.html", "page.js", "page.css" }
    page.install()
  end

  it("has a list of its files that is complete", function()
    assert.are.same(listed(), page.FILES)
  end)

  it("is where / leads", function()
    install()
    local status, _, headers = fake_master.get "/"
    assert.are.equal(302, status)
    assert.is_truthy(headers:find("Location: /overview\r\n", 1, true))
  end)

  it("serves them without a token, each with its type", function()
    install()
    for path, kind in pairs {
      ["/overview"] = "text/html; charset=utf-8",
      ["/overview/page.js"] = "text/javascript; charset=utf-8",
      ["/overview/page.css"] = "text/css; charset=utf-8",
      ["/overview/chart.min.js"] = "text/javascript; charset=utf-8",
    } do
      local status, got, _, body = require("relay.http").serve {
        method = "GET", path = path, query = "", headers = {}, address = "192.0.2.7", is_authorized = false,
      }
      assert.are.same({ 200, kind }, { status, got })
      assert.is_true(#body > 100)
    end
  end)

  it("lets the page load nothing from elsewhere, and nobody frame it", function()
    install()
    local _, _, headers = fake_master.get "/overview"
    for _, part in ipairs {
      "Content-Security-Policy: default-src 'self';", "frame-ancestors 'none'",
      "X-Content-Type-Options: nosniff\r\n", "Cache-Control: no-cache\r\n",
    } do
      assert.truthy(headers:lower():find(part:lower(), 1, true), part)
    end
  end)

  it("sends a file once to who has it", function()
    install()
    local _, _, headers = fake_master.get "/overview/page.js"
    local tag = headers:match 'ETag: ("[^"]+")'
    local status, body = fake_master.get("/overview/page.js", "", { ["if-none-match"] = tag })
    assert.are.same({ 304, "" }, { status, body })
    status = fake_master.get("/overview/page.js", "", { ["if-none-match"] = '"other"' })
    assert.are.equal(200, status)
  end)

  it("goes without charts where Chart.js is not installed, and says so", function()
    install "chart%.min%.js$"
    assert.are.equal(404, (fake_master.get "/overview/chart.min.js"))
    assert.are.equal(200, (fake_master.get "/overview"))
    assert.matches("^warn overview: no charts: ", fake.log[1])
  end)

  it("says which of its own files is missing", function()
    install "page%.js$"
    assert.are.equal(404, (fake_master.get "/overview/page.js"))
    assert.are.same({ "error overview: a file of the page is missing: page.js" }, fake.log)
  end)
end)
