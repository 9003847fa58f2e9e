--- strict.lua: a global that nobody defined is an error, with file and line.
--
-- In main.lua, the modules beside it and the installed scripts; other people's modules (the
-- system's) may go on probing for globals.

local meant = require "relay.meant"

local strict = {}

local function is_below(source, directory)
  local prefix = "@" .. directory .. (directory:sub(-1) == "/" and "" or "/")
  return source:sub(1, #prefix) == prefix
end

local function names_of(environment)
  local names = {}
  for name in pairs(environment) do
    names[#names + 1] = type(name) == "string" and name or nil
  end
  table.sort(names)
  return names
end

--- Makes a field that a module does not have an error where it is read; it may still be set.
---@generic T: table
---@param module T
---@param name string
---@return T module
function strict.fields(module, name)
  return setmetatable(module, {
    __index = function(_, field)
      local hint = meant.hint(tostring(field), names_of(module))
      error(("%s has no '%s'%s"):format(name, tostring(field), hint), 2)
    end,
  })
end

--- Guards an environment. `main` and `directories` are paths as the chunks' names have them.
---@param environment table
---@param main string
---@param directories string[]
function strict.install(environment, main, directories)
  -- Whether the code that touched the global is guarded: level 3 from here.
  local function is_ours()
    local source = debug.getinfo(3, "S").source
    if source == "@" .. main then
      return true
    end
    for _, directory in ipairs(directories) do
      if is_below(source, directory) then
        return true
      end
    end
    return false
  end

  setmetatable(environment, {
    __index = function(_, name)
      if not is_ours() then
        return nil
      end
      local hint = meant.hint(tostring(name), names_of(environment))
      error(("undefined global '%s'%s"):format(tostring(name), hint), 2)
    end,
    __newindex = function(_, name, value)
      if is_ours() then
        error(("assignment to the undefined global '%s' (write 'local')"):format(tostring(name)), 2)
      end
      rawset(environment, name, value)
    end,
  })
end

return strict
