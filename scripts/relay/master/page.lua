--- page.lua: the Network Overview's files, read once a load, and Chart.js as Debian installs it.
--
-- They hold nothing of the network, so they need no token: the page asks for it.

local relay = require "relay"
local http = require "relay.http"
local ring = require "relay.ring"

local page = {}

--- All files of relay/master/page; a spec compares.
page.FILES = {
  "channels.js", "charts.js", "detail.css", "detail.js", "dom.js", "drawing.css", "drawing.js",
  "events.js", "format.js", "history.js", "index.html", "layout.js", "live.js", "login.js",
  "nodes.js", "page.css", "page.js", "panels.js", "parts.js", "places.js", "process.js", "state.js",
  "subjects.js", "tables.css", "tables.js", "theme.js", "tip.js", "totals.js",
}

local CHART = "/usr/share/javascript/chart.js/chart.min.js"

local TYPES = {
  css = "text/css; charset=utf-8",
  html = "text/html; charset=utf-8",
  js = "text/javascript; charset=utf-8",
  svg = "image/svg+xml",
}

local POLICY = table.concat({
  "default-src 'self'", "img-src 'self' data:", "object-src 'none'", "base-uri 'none'", "form-action 'self'",
  "frame-ancestors 'none'",
}, "; ")

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "a"
  if file then
    file:close()
  end
  return text
end

-- Where this file lies, and the page beside it.
local function directory()
  return debug.getinfo(1, "S").source:sub(2):match "^(.*)/[^/]*$" .. "/page/"
end

local function headers_of(tag)
  return {
    ["Cache-Control"] = "no-cache",
    ["Content-Security-Policy"] = POLICY,
    ["ETag"] = tag,
    ["Referrer-Policy"] = "no-referrer",
  }
end

-- A route that answers a text, or that it is known already.
local function serve(path, name, text)
  local tag = ('"%x-%08x"'):format(#text, ring.hash(text))
  local kind, headers = TYPES[name:match "%.(%a+)$"], headers_of(tag)
  http.route(path, { open = true }, function(request)
    if request.headers["if-none-match"] == tag then
      return { status = 304, type = kind, headers = headers }
    end
    return { type = kind, headers = headers, body = text }
  end)
end

local function serve_file(path, file, name)
  local text = read(file)
  if text then
    serve(path, name, text)
  end
  return text ~= nil
end

--- GET /overview, to which "/" leads, and /overview/<file>. Without Chart.js the page has no charts.
function page.install()
  http.set_home "/overview"
  for _, name in ipairs(page.FILES) do
    local path = name == "index.html" and "/overview" or "/overview/" .. name
    if not serve_file(path, directory() .. name, name) then
      relay.log.error("overview: a file of the page is missing: " .. name)
    end
  end
  if not serve_file("/overview/chart.min.js", CHART, "chart.min.js") then
    relay.log.warn("overview: no charts: there is no " .. CHART .. " (Debian's package libjs-chart.js)")
  end
end

return page
