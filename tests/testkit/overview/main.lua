-- A master that tells over the network what it answers over HTTP, which a simulated node has not.
local relay = require "relay"
local http = require "relay.http"

relay.node { master = true, region = "eu", settings = { nearest = { ["10."] = "us" } } }

local function get(path, query, address)
  local status, _, _, body = http.serve {
    method = "GET", path = path, query = query or "", headers = {}, address = address or "192.0.2.1",
    is_authorized = true,
  }
  return { status = status, body = body }
end

relay.command("get", function(request)
  return get(request.data.path, request.data.query, request.data.address)
end)
