local wsrelay = dofile "docs/api/luacheck.lua"

std = "lua54"
max_line_length = 110
exclude_files = { "build/" }
files["scripts/init/spec"] = { std = "lua54+busted" }
files["spec"] = { std = "lua54+busted" }
files["policies"] = { std = wsrelay.policy }
files["examples/*/policies"] = { std = wsrelay.policy }
files["examples/**/*_spec.lua"] = { std = "lua54+busted" }
files["tests/testkit"] = { std = "lua54+busted" }
