--- client.lua: a client of a test. What a method promises stands in docs/api/testkit.lua.

local engine = require "relay.testkit.engine"
local check = require "relay.check"

local Client = {}

local ANSWER_SECONDS = 10
local RECEIVE_SECONDS = 1
local ADDRESS = "192.0.2.1"

local function any_text(value)
  if type(value) ~= "string" then
    return nil, "must be a text"
  end
  return value
end

local function headers_table(value)
  if type(value) ~= "table" then
    return nil, "must be a table, as { [\"user-agent\"] = \"x\" }"
  end
  return value
end

local request = check.record {
  address = { check = any_text },
  origin = { check = any_text },
  query = { check = any_text },
  headers = { check = headers_table },
}

-- As they come over the wire: { name, value, name, value … }, in an order that is always the same.
local function header_list(given, origin)
  local by_name, names, list = {}, {}, {}
  for name, value in pairs(given or {}) do
    by_name[tostring(name):lower()] = tostring(value)
  end
  by_name.origin = by_name.origin or origin
  for name in pairs(by_name) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    list[#list + 1] = name
    list[#list + 1] = by_name[name]
  end
  return list, by_name.origin
end

local getters = {}

-- nil while the connection stands.
function getters.closed(client)
  local code, reason = engine.closed(client.net.handle, client.number)
  if not code then
    return nil
  end
  if code == 0 then -- nobody said why
    code = client.has_left and 1000 or 1006
  end
  return { code = code, reason = reason }
end

Client.__index = function(client, key)
  if getters[key] then
    return getters[key](client)
  end
  return Client[key]
end

--- nil, the reason and the HTTP status of a client that is refused.
function Client.open(net, node, given)
  local asked, message, path = request(given)
  if not asked then
    error("net:client: " .. (path and check.sentence(message, path) or message), 3)
  end
  local headers, origin = header_list(asked.headers, asked.origin)
  local number, reason, status =
    engine.client(net.handle, node, asked.address or ADDRESS, asked.query or "", origin, headers)
  if not number then
    return nil, reason, status
  end
  return setmetatable({
    net = net,
    number = number,
    nonces = 0,
    answers = {},
    strays = {}, -- responses to what had no nonce of ours
    inbox = {},
  }, Client)
end

-- What a person sees of a packet that came by itself.
local function shown(packet)
  local data = type(packet.data) == "table" and packet.data or {}
  if packet.type ~= "message" then
    data.type = packet.type
  end
  return data
end

-- Sorts what was heard.
local function hear(client)
  local text = engine.hear(client.net.handle, client.number)
  while text do
    local packet = engine.decode(text)
    if packet.type ~= "response" then
      table.insert(client.inbox, shown(packet))
    elseif packet.nonce and client.answers[packet.nonce] == false then
      client.answers[packet.nonce] = packet.data
    else
      table.insert(client.strays, packet.data)
    end
    text = engine.hear(client.net.handle, client.number)
  end
end

local function silence(client)
  local closed = client.closed
  if closed then
    return nil, ("closed: %d %s"):format(closed.code, closed.reason)
  end
  return nil, ("no answer in %d seconds"):format(ANSWER_SECONDS)
end

-- What `take` finds once it has come.
local function await(client, seconds, take)
  return client.net:wait(seconds, function()
    hear(client)
    local found = take()
    return found ~= nil and { found } or client.closed and {} or nil
  end)
end

function Client:command(command)
  if type(command) ~= "table" then
    error("give a table, as { command = \"list\" }", 2)
  end
  local sent = {}
  for key, value in pairs(command) do
    sent[key] = value
  end
  if sent.nonce == nil then
    self.nonces = self.nonces + 1
    sent.nonce = "testkit-" .. self.nonces
  end
  local nonce = sent.nonce
  self.answers[nonce] = false
  engine.say(self.net.handle, self.number, engine.encode(self.net.handle, sent))
  local found = await(self, ANSWER_SECONDS, function()
    return self.answers[nonce] or nil
  end)
  self.answers[nonce] = nil
  if found and found[1] then
    return found[1]
  end
  return silence(self)
end

function Client:say(text)
  if type(text) ~= "string" then
    error("give a text", 2)
  end
  hear(self)
  self.strays = {}
  engine.say(self.net.handle, self.number, text)
  local found = await(self, ANSWER_SECONDS, function()
    return table.remove(self.strays, 1)
  end)
  if found and found[1] then
    return found[1]
  end
  return silence(self)
end

function Client:subscribe(channel, password)
  return self:command { command = "subscribe", data = { topic = channel, password = password } }
end

function Client:unsubscribe(channel)
  return self:command { command = "unsubscribe", data = { topic = channel } }
end

function Client:send(channel, message)
  return self:command { command = "send", data = { channel = channel, message = message } }
end

function Client:list(scope)
  return self:command { command = "list", data = { scope = scope } }
end

function Client:receive(seconds)
  local found = await(self, seconds or RECEIVE_SECONDS, function()
    return table.remove(self.inbox, 1)
  end)
  return found and found[1] or nil
end

function Client:messages()
  hear(self)
  local messages = self.inbox
  self.inbox = {}
  return messages
end

function Client:close()
  self.has_left = true
  engine.leave(self.net.handle, self.number)
end

return Client
