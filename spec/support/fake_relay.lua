--- fake_relay.lua: stands in for require "relay" and require "relay.engine", without an engine.
--
-- What is registered is kept, what is asked of other nodes is answered from `answers`.

local fake_relay = {}

local MODULES = {
  "relay", "relay.engine", "relay.channel_list", "relay.onboarding", "relay.remote_connection",
  "relay.http",
  "relay.master.side_by_side", "relay.master.survey", "relay.master.drift", "relay.master.mends",
  "relay.master.synchronise",
}

---@class fake.Relay
---@field relay table
---@field engine table
---@field commands table<string, function>
---@field events table<string, function[]>
---@field asked string[] "node command"
---@field answers table<string, table|string> by "node command": data, or the reason of a failure
---@field log string[]

local function record(fake)
  local function logger(level)
    return function(text)
      fake.log[#fake.log + 1] = level .. " " .. text
    end
  end
  return { debug = logger "debug", info = logger "info", warn = logger "warn", error = logger "error" }
end

local function fake_request(fake)
  return function(node, data)
    local question = node .. " " .. data.command .. (data.node and " " .. data.node or "")
    fake.asked[#fake.asked + 1] = question
    local answer = fake.answers[question]
    if type(answer) == "table" then
      return answer
    end
    return nil, answer or "timed out"
  end
end

---@return fake.Relay
function fake_relay.install()
  local fake = { commands = {}, events = {}, asked = {}, answers = {}, log = {}, dialled = {}, dropped = {} }
  fake.relay = {
    log = record(fake),
    null = setmetatable({}, { __tostring = function() return "null" end }),
    array = function(list) return list or {} end,
    command = function(name, handler) fake.commands[name] = handler end,
    on = function(event, handler)
      fake.events[event] = fake.events[event] or {}
      table.insert(fake.events[event], handler)
    end,
    every = function() end,
    sleep = function() end,
    request = fake_request(fake),
    name = function() return "node-a" end,
    peers = function() return fake.peers or {} end,
    nodes = function() return fake.nodes or {} end,
    channels = function() return fake.channels or {} end,
    reserved = function() return fake.reserved or {} end,
    dial = function(peer)
      fake.dialled[#fake.dialled + 1] = peer
      if fake.dial_error then
        return nil, fake.dial_error
      end
      return true
    end,
    drop_peer = function(name)
      fake.dropped[#fake.dropped + 1] = name
      return true
    end,
  }
  fake.engine = {
    pool = function() return fake.pool or 8 end,
    host = function() return "wss://a.example.com/" end,
    control = function(handler) fake.control = handler end,
    http = function(handler) fake.http = handler end,
    http_public = function() end,
    configuration = function() return { peers = fake.configured or {} } end,
    choose_peers = function(candidates)
      fake.candidates = candidates
      return fake.chosen
    end,
  }
  fake_relay.remove()
  package.loaded["relay"], package.loaded["relay.engine"] = fake.relay, fake.engine
  return fake
end

--- Loads a command of scripts/inm afresh and answers its handler.
---@param fake fake.Relay
---@param name string
---@return function
function fake_relay.handler(fake, name)
  dofile("scripts/inm/" .. name:gsub("-", "_") .. ".lua")
  return fake.commands[name]
end

function fake_relay.remove()
  for _, name in ipairs(MODULES) do
    package.loaded[name] = nil
  end
end

return fake_relay
