local client_auth = { headers = { "x-api-key" } }

function client_auth.connect(request)
  if request.origin == "https://evil.example.com" then
    return false, "not from there"
  end
  if request.query == "status" then
    return false, "pay first", 402
  end
  if request.query == "seen" then
    local seen = {}
    for _, name in ipairs { "x-api-key", "x-other", "user-agent", "origin" } do
      seen[#seen + 1] = name .. "=" .. tostring(request.headers[name])
    end
    return false, request.address .. " " .. table.concat(seen, " ")
  end
  return true, { user = request.query ~= "" and request.query or nil }
end

return client_auth
