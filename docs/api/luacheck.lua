--- luacheck.lua: what a policy may touch, for luacheck: no os, no io, no random numbers.
--
-- In your .luacheckrc:
--
--     local wsrelay = dofile "/usr/local/share/wsrelay-engine/docs/api/luacheck.lua"
--     std = "lua54"                                            -- main.lua and what it requires
--     files["policies"] = { std = wsrelay.policy }
--     files["spec"] = { std = "lua54+busted" }

local function fields(names)
  local set = {}
  for name in names:gmatch "%S+" do
    set[name] = {}
  end
  return { fields = set }
end

return {
  policy = {
    read_globals = {
      "_VERSION", "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget",
      "rawlen", "rawset", "require", "select", "setmetatable", "tonumber", "tostring", "type", "xpcall",
      math = fields [[abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger
        modf pi rad sin sqrt tan tointeger type ult]],
      string = fields [[byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack
        upper]],
      table = fields "concat insert move pack remove sort unpack",
      utf8 = fields "char charpattern codepoint codes len offset",
    },
  },
}
