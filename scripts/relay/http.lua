--- http.lua: HTTP requests that scripts answer, by path.
--
--     local http = require "relay.http"
--     http.route("/hello", {}, function(request)
--       return { body = "hello " .. (request.query.name or "you") }
--     end)
--
-- A route stands on the admin listener (main.lua's `admin`) and needs its token, unless it is open or
-- public. GET and HEAD alone. A handler may wait; a connection without an answer is closed after 30 seconds.

local engine = require "relay.engine"

local http = {}

-- docs/api/http.lua has the types.

---@class relay.http.Route
---@field handler fun(request: relay.http.Request): relay.http.Response
---@field needs_token boolean

local TEXT = "text/plain; charset=utf-8"

local INDEX = [[
/metrics  figures for Prometheus; wants the admin token, when there is one
/livez    200 while the node turns
/readyz   200 while it lets clients in
]]

---@type table<string, relay.http.Route>
local routes = {}

---@type string? of the page that "/" leads to
local home

--- Answers a path from now on; a second time replaces the first. While main.lua loads, or later.
---@param path string "/hello"; compared as a whole
---@param options relay.http.Options
---@param handler fun(request: relay.http.Request): relay.http.Response
function http.route(path, options, handler)
  assert(type(path) == "string" and path:sub(1, 1) == "/", "a path begins with /")
  assert(type(handler) == "function", "a route needs a function")
  routes[path] = { handler = handler, needs_token = not (options.public or options.open) }
  if options.public then
    engine.http_public(path)
  end
end

--- From now on "/" leads there, unless it has a route. For relay/master/page.lua.
---@param path string
function http.set_home(path)
  home = path
end

local function unescape(text)
  local plain = text:gsub("+", " "):gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end)
  return plain
end

--- The arguments behind a path's `?`.
---@param text string "a=1&b=x%20y"
---@return table<string, string>
function http.query(text)
  local arguments = {}
  for argument in text:gmatch "[^&]+" do
    local name, value = argument:match "^([^=]*)=?(.*)$"
    arguments[unescape(name)] = unescape(value)
  end
  return arguments
end

--- A response whose body is JSON.
---@param value any
---@param status? integer 200
---@return relay.http.Response
function http.json(value, status)
  return { status = status, type = "application/json", body = engine.json(value) }
end

--- A refusal in the words of the other endpoints.
---@param status integer
---@param reason string
---@return relay.http.Response
function http.refusal(status, reason)
  return http.json({ ok = false, reason = reason }, status)
end

-- A line that cannot end early: a value with a line break would begin another one.
local function header_line(name, value)
  value = tostring(value)
  assert(name:find "^[%w-]+$" and not value:find "[%c\127]", "a header that cannot be one: " .. name)
  return ("%s: %s\r\n"):format(name, value)
end

-- What a response says unless it says something else.
local DEFAULTS = { ["cache-control"] = "no-store", ["x-content-type-options"] = "nosniff" }

local function header_lines(headers)
  local lines, given = {}, {}
  for name, value in pairs(headers or {}) do
    lines[#lines + 1] = header_line(name, value)
    given[name:lower()] = true
  end
  for name, value in pairs(DEFAULTS) do
    if not given[name] then
      lines[#lines + 1] = header_line(name, value)
    end
  end
  table.sort(lines)
  return table.concat(lines)
end

-- The answer to "/" where no script gives another one.
local function index()
  return home and { status = 302, headers = { Location = home } } or { body = INDEX }
end

local function answer(request)
  local route = routes[request.path]
  if not route and request.path == "/" then
    return index()
  elseif not route then
    return { status = 404, body = "no such path\n" }
  end
  if route.needs_token and not request.is_authorized then
    return {
      status = 401,
      headers = { ["WWW-Authenticate"] = "Bearer" },
      body = "the admin token is missing or wrong\n",
    }
  end
  request.query = http.query(request.query)
  return route.handler(request)
end

--- The values that the engine takes: status, type, header lines, body.
---@param request table what the engine tells of it
---@return integer status, string type, string headers, string body
function http.serve(request)
  local response = answer(request)
  assert(type(response) == "table", "a route's function must return a table")
  local kind = response.type or TEXT
  header_line("content-type", kind)
  return response.status or 200, kind, header_lines(response.headers), response.body or ""
end

--- From now on requests are answered. For relay/built_in.lua.
function http.install()
  engine.http(http.serve)
end

return http
