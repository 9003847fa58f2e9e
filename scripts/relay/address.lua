--- address.lua: what a listener can be bound to: a numeric address and a port.

local address = {}

---@param host string
---@return boolean
function address.is_ipv4(host)
  local parts = { host:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
  for _, part in ipairs(parts) do
    if #part > 3 or tonumber(part) > 255 then
      return false
    end
  end
  return #parts == 4
end

-- How many 16-bit groups stand in a part of an IPv6 address without "::"; nil: it is none.
local function count_groups(text, may_end_in_ipv4)
  local count = 0
  if text == "" then
    return 0
  end
  for group, colon in (text .. ":"):gmatch("([^:]*)(:)") do
    local is_last = count + 1 == select(2, text:gsub(":", "")) + 1
    if may_end_in_ipv4 and is_last and colon and address.is_ipv4(group) then
      return count + 2
    end
    if not group:match("^%x%x?%x?%x?$") then
      return nil
    end
    count = count + 1
  end
  return count
end

---@param host string
---@return boolean
function address.is_ipv6(host)
  local head, tail = host:match("^(.-)::(.*)$")
  if not head then
    return count_groups(host, true) == 8
  end
  local before, after = count_groups(head, false), count_groups(tail, true)
  return before ~= nil and after ~= nil and before + after < 8
end

--- Whether only this machine reaches a listener there.
---@param host string a numeric address
---@return boolean
function address.is_loopback(host)
  return host:find "^127%." ~= nil or host == "::1"
end

--- Reads "127.0.0.1:8080" or "[::]:8080".
---@param text string
---@return { host: string, port: integer }? listen
---@return string? message what is wrong with it
function address.parse(text)
  local host, port = text:match("^%[(.*)%]:(%d+)$")
  local is_numeric = host and address.is_ipv6(host)
  if not host then
    host, port = text:match("^([^:]*):(%d+)$")
    is_numeric = host and address.is_ipv4(host)
  end
  if not host then
    return nil, ("must be an address and a port such as \"0.0.0.0:8080\" or \"[::]:8080\", and is \"%s\"")
      :format(text)
  end
  if not is_numeric then
    return nil, ("\"%s\" is not a numeric address (write 127.0.0.1 for localhost)"):format(host)
  end
  port = #port <= 5 and math.tointeger(tonumber(port)) or 65536
  if port > 65535 then
    return nil, ("the port of \"%s\" is not 0 to 65535"):format(text)
  end
  return { host = host, port = port }
end

return address
