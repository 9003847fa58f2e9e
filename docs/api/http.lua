---@meta relay.http
-- luacheck: ignore 212 631

--- HTTP requests that scripts answer, by path: on the admin listener, behind its token, unless a route is open or
--- public. GET and HEAD alone. A handler may wait; a connection without an answer is closed after 30 seconds.

---@class relay.http
local http = {}

---@class relay.http.Request
---@field method "GET"|"HEAD"
---@field path string
---@field query table<string, string> the last of a name that is given twice
---@field headers table<string, string> by lower-case name, without `authorization` and `cookie`; of those with names of their own `x-region` alone
---@field address string the client's
---@field is_authorized boolean it came with the admin token, or none is needed; never on ordinary listeners

---@class relay.http.Response
---@field status? integer 200 to 599; 200
---@field type? string of the body; "text/plain; charset=utf-8"
---@field headers? table<string, string> beside `cache-control: no-store` and `x-content-type-options: nosniff`, which they replace
---@field body? string 64 MiB at most

---@class relay.http.Options
---@field public? boolean answered on the node's ordinary listeners, too, to everybody; 64 paths at most
---@field open? boolean answered on the admin listener without its token

--- Answers a path from now on; a second time replaces the first. "/" has an answer where no script gives one: the page
--- of a master, or a list of what is there.
---@param path string "/hello", compared as a whole
---@param options relay.http.Options
---@param handler fun(request: relay.http.Request): relay.http.Response
function http.route(path, options, handler) end

--- The arguments behind a path's `?`.
---@param text string "a=1&b=x%20y"
---@return table<string, string>
function http.query(text) end

--- A response whose body is JSON.
---@param value any
---@param status? integer 200
---@return relay.http.Response
function http.json(value, status) end

--- A refusal in the words of the other endpoints, `{"ok":false,"reason":reason}`.
---@param status integer
---@param reason string
---@return relay.http.Response
function http.refusal(status, reason) end

return http
