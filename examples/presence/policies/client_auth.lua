--- client_auth.lua takes a user at its word, "?user=NAME"; in earnest it would ask for a token: examples/jwt.

return {
  connect = function(request)
    return true, { user = ("&" .. request.query):match "&user=([%w._-]+)" or "guest" }
  end,
}
