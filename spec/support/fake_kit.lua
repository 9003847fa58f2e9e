--- fake_kit.lua: relay.testkit.engine for specs: a clock, nodes that say what a spec puts in them.

local fake_kit = {}

--- Installs it, and gives the module that was asked for over it.
---@param name string "relay.testkit.net"
function fake_kit.require(name)
  local kit = { now_ms = 0, heard = {}, said = {}, nodes_of = {}, calls = {} }
  local engine = {
    open = function() return "handle" end,
    add = function() end,
    set = function() end,
    set_variable = function() end,
    link = function() end,
    start = function() return true end,
    now = function() return kit.now_ms end,
    advance = function(_, ms)
      kit.now_ms = kit.now_ms + ms
      if kit.on_advance then
        kit.on_advance()
      end
    end,
    is_alive = function() return true end,
    nodes = function(_, place) return kit.nodes_of[place] or {} end,
    peers = function() return {} end,
    partition = function(_, groups) kit.groups = groups end,
    heal = function() end,
    hear = function() return table.remove(kit.heard, 1) end,
    say = function(_, _, text) table.insert(kit.said, text) end,
    client = function(...)
      kit.request = { ... }
      return 1
    end,
    closed = function() return kit.code, "" end,
    leave = function() kit.code = 0 end,
    encode = function(_, value) return value end,
    decode = function(value) return value end,
    ask = function() return 1 end,
    answers = function() return kit.answers, kit.reason end,
    forget = function() kit.is_forgotten = true end,
  }
  for _, module in ipairs { "relay.testkit.net", "relay.testkit.client", "relay.testkit.engine" } do
    package.loaded[module] = nil
  end
  package.loaded["relay.testkit.engine"] = engine
  local module = require(name)
  package.loaded["relay.testkit.engine"] = nil
  return module, kit
end

return fake_kit
