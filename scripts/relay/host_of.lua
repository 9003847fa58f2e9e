--- host_of.lua: where a node can be dialled, as others are told and as it is dialled.

local host_of = {}

--- The host of a peer: what its handshake said, or for one that said nothing what main.lua dials.
---@param peer { name: string, host?: string }
---@param configured relay.Peer[]
---@return string? host
function host_of.peer(peer, configured)
  if peer.host then
    return peer.host
  end
  for _, known in ipairs(configured) do
    if known.name == peer.name then
      return (known.url:gsub("/node/?$", "/"))
    end
  end
end

-- "wss://a.example.com", of any form that a host may have. The notes' flow names one without a scheme, too.
local function base_of(host)
  if type(host) ~= "string" or not host:find("^[!-~]+$") then
    return nil
  end
  local base = host:find("^wss?://") and host or "wss://" .. host
  if not base:find("^wss?://[^/]+") then
    return nil
  end
  return (base:gsub("/+$", ""):gsub("([^/])/node$", "%1"))
end

--- The address of the endpoint of a node's host: "wss://a.example.com/" → "wss://a.example.com/node".
---@param host any
---@return string? url nil: it is no host
function host_of.url(host)
  local base = base_of(host)
  return base and base .. "/node"
end

--- The same for clients: "wss://a.example.com/connect".
---@param host any
---@return string? url nil: it is no host
function host_of.connect(host)
  local base = base_of(host)
  return base and base .. "/connect"
end

return host_of
