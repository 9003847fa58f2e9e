local node_auth = {}

function node_auth.accept(_request)
  return false, "nobody joins"
end

return node_auth
