local fake_relay = require "spec.support.fake_relay"

describe("relay.http", function()
  local fake, http, public

  before_each(function()
    fake = fake_relay.install()
    public = {}
    fake.engine.http_public = function(path)
      public[#public + 1] = path
    end
    fake.engine.json = function(value)
      return value.reason and "refused: " .. value.reason or "json"
    end
    package.loaded["relay.http"] = nil
    http = require "relay.http"
  end)

  after_each(function()
    package.loaded["relay.http"] = nil
    fake_relay.remove()
  end)

  local function ask(path, more)
    local request = { path = path, query = "", headers = {}, is_authorized = true }
    for key, value in pairs(more or {}) do
      request[key] = value
    end
    return http.serve(request)
  end

  -- Of the header lines those that no default is.
  local function own(headers)
    local rest = headers:gsub("cache%-control: no%-store\r\n", "")
    return (rest:gsub("x%-content%-type%-options: nosniff\r\n", ""))
  end

  local function says(body)
    return function()
      return { body = body }
    end
  end

  it("answers what a route returns, with defaults", function()
    http.route("/a", {}, says "hello")
    assert.are.same({ 200, "text/plain; charset=utf-8",
      "cache-control: no-store\r\nx-content-type-options: nosniff\r\n", "hello" }, { ask "/a" })
    http.route("/b", {}, function()
      local headers = { Location = "/a", ["Cache-Control"] = "max-age=9" }
      return { status = 302, type = "text/html", headers = headers }
    end)
    assert.are.same({ 302, "text/html",
      "Cache-Control: max-age=9\r\nLocation: /a\r\nx-content-type-options: nosniff\r\n", "" }, { ask "/b" })
  end)

  it("answers / without a token: what is there, or where the page is, or what a script says", function()
    local stranger = { is_authorized = false }
    local status, kind, _, body = ask("/", stranger)
    assert.are.same({ 200, "text/plain; charset=utf-8" }, { status, kind })
    for _, path in ipairs { "/metrics", "/livez", "/readyz" } do
      assert.is_truthy(("\n" .. body):find("\n" .. path .. " ", 1, true), path)
    end
    http.route("/a", {}, says "a")
    http.set_home "/a"
    status, _, kind, body = ask("/", stranger)
    assert.are.same({ 302, "Location: /a\r\n", "" }, { status, own(kind), body })
    http.route("/", { open = true }, says "mine")
    assert.are.equal("mine", select(4, ask("/", stranger)))
  end)

  it("answers 404 where no route is, and compares whole paths", function()
    http.route("/a", {}, says "hello")
    assert.are.equal(404, (ask "/a/"))
    assert.are.equal(404, (ask "/A"))
  end)

  it("wants the token, unless a route is open or public", function()
    http.route("/closed", {}, says "secret")
    http.route("/open", { open = true }, says "page")
    http.route("/public", { public = true }, says "all")
    local status, _, headers, body = ask("/closed", { is_authorized = false })
    assert.are.equal(401, status)
    assert.are.equal("WWW-Authenticate: Bearer\r\n", own(headers))
    assert.is_nil(body:find "secret")
    assert.are.equal(200, (ask("/open", { is_authorized = false })))
    assert.are.equal(200, (ask("/public", { is_authorized = false })))
    assert.are.same({ "/public" }, public)
  end)

  it("reads the query's arguments", function()
    assert.are.same({}, http.query "")
    assert.are.same({ a = "1", b = "x y&=", c = "", d = "", ["\u{e9}"] = "%zz" },
      http.query "a=0&a=1&b=x+y%26%3D&c&d=&%C3%A9=%zz")
  end)

  it("lets no value begin another header", function()
    http.route("/a", {}, function(request)
      return { headers = { ["x-echo"] = request.query.v } }
    end)
    assert.are.equal("x-echo: fine\r\n", own((select(3, ask("/a", { query = "v=fine" })))))
    assert.has_error(function()
      ask("/a", { query = "v=a%0D%0ASet-Cookie: x" })
    end, "a header that cannot be one: x-echo")
    http.route("/b", {}, function()
      return { type = "text/plain\r\nx: y" }
    end)
    assert.has_error(function()
      ask "/b"
    end, "a header that cannot be one: content-type")
  end)

  it("refuses in JSON", function()
    http.route("/a", {}, function()
      return http.refusal(400, "no such span")
    end)
    local status, kind, _, body = ask "/a"
    assert.are.same({ 400, "application/json", "refused: no such span" }, { status, kind, body })
  end)

  it("raises where a route is none, or returns nothing", function()
    assert.has_error(function()
      http.route("a", {}, says "x")
    end, "a path begins with /")
    assert.has_error(function()
      http.route("/a", {})
    end, "a route needs a function")
    http.route("/a", {}, function() end)
    assert.has_error(function()
      ask "/a"
    end, "a route's function must return a table")
  end)
end)
