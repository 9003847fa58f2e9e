local is_there, wsrelay = pcall(dofile, "@ROOT@/docs/api/luacheck.lua")

std = "lua54"
max_line_length = 120
files["policies"] = is_there and { std = wsrelay.policy } or nil
files["spec"] = { std = "lua54+busted" }
