--- plain_peer.lua: a peer that knows the notes and nothing else, played by a spec.
--
-- It floods, answers the commands, reserves and unreserves as the notes' charts say. What it knows stands in
-- `open` and `reserved`, hashes by channel, and a spec may change both. It takes what came whenever the
-- network's time passes, so attach the network first.

local engine = require "relay.testkit.engine"

local Peer = {}
Peer.__index = Peer

local STEP_MS = 10
local TOKEN = "testkit-token"
local OK = { ok = true }

local function refused(reason)
  return { ok = false, reason = reason }
end

-- The keys of a table in an order that is always the same.
local function names_of(map)
  local names = {}
  for name in pairs(map) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

--- Lets plain peers live in a network of the kit.
---@param net relay.testkit.Net
---@return relay.testkit.Net
function Peer.attach(net)
  net.plain = {}
  function net:advance(seconds)
    local until_ms = engine.now(self.handle) + seconds * 1000
    while engine.now(self.handle) < until_ms do
      engine.advance(self.handle, STEP_MS)
      for _, peer in ipairs(self.plain) do
        peer:turn()
      end
    end
  end
  function net:wait(seconds, is_done)
    local until_ms = engine.now(self.handle) + seconds * 1000
    local found = is_done()
    while not found and engine.now(self.handle) < until_ms do
      self:advance(STEP_MS / 1000)
      found = is_done()
    end
    return found
  end
  return net
end

---@param net relay.testkit.Net an attached one
---@param name string
function Peer.new(net, name)
  local peer = setmetatable({
    net = net,
    name = name,
    open = {},
    reserved = {},
    links = {}, -- by name: a wire's number, or another peer
    mail = {}, -- from other plain peers
    seen = {},
    questions = {},
    nonces = 0,
    is_mute = false,
  }, Peer)
  table.insert(net.plain, peer)
  return peer
end

-- ── Packets ──────────────────────────────────────────────────────────────────────────────────

function Peer:write(packet, but)
  local text = engine.encode(self.net.handle, packet)
  local is_direct = self.links[packet.destination] ~= nil
  for _, name in ipairs(is_direct and { packet.destination } or names_of(self.links)) do
    local link = self.links[name]
    if name ~= but and type(link) == "table" then
      table.insert(link.mail, { self.name, text })
    elseif name ~= but then
      engine.wire_say(self.net.handle, link, text)
    end
  end
end

function Peer:put(destination, kind, data, nonce)
  self.nonces = self.nonces + 1
  nonce = nonce or ("%s-%d"):format(self.name, self.nonces)
  self:write { source = self.name, destination = destination, type = kind, nonce = nonce, data = data }
  return nonce
end

--- `heard` is called with each answer and who gave it.
function Peer:ask(destination, data, heard)
  self.questions[self:put(destination, "command", data)] = heard
end

function Peer:take(from, text)
  local packet = engine.decode(text)
  assert(packet.type ~= "link", "not in the notes")
  local key = packet.source .. " " .. packet.nonce
  if packet.source == self.name or self.seen[key] then
    return
  end
  self.seen[key] = true
  if packet.destination ~= self.name then
    self:write(packet, from)
  end
  if packet.destination == self.name or packet.destination == "*" then
    self:process(packet)
  end
end

--- Takes all that came.
function Peer:turn()
  local mail = self.mail
  self.mail = {}
  for _, letter in ipairs(mail) do
    self:take(letter[1], letter[2])
  end
  for _, name in ipairs(names_of(self.links)) do
    local link = self.links[name]
    local text = type(link) == "number" and engine.wire_hear(self.net.handle, link)
    while text do
      self:take(name, text)
      text = engine.wire_hear(self.net.handle, link)
    end
  end
end

-- ── Commands ─────────────────────────────────────────────────────────────────────────────────

local function list_of(channels)
  local list = engine.array {}
  for index, name in ipairs(names_of(channels)) do
    list[index] = { name = name, password = channels[name] ~= "" and channels[name] or engine.null }
  end
  return { ok = true, channels = list }
end

local commands = {}

commands["list-channels"] = function(peer)
  return list_of(peer.open)
end

commands["list-reserved-channels"] = function(peer)
  return list_of(peer.reserved)
end

commands["list-nodes"] = function(peer)
  return { ok = true, nodes = engine.array(names_of(peer.links)) }
end

commands["reserve-channel"] = function(peer, data)
  local hash = data.password ~= engine.null and data.password or ""
  if (peer.open[data.channel] or peer.reserved[data.channel] or hash) ~= hash then
    return refused "channel already reserved"
  end
  if not peer.open[data.channel] then
    peer.reserved[data.channel] = hash
  end
  return OK
end

commands["unreserve-channel"] = function(peer, data)
  if peer.open[data.channel] then
    return refused "channel still open"
  end
  peer.reserved[data.channel] = nil
  return OK
end

function Peer:process(packet)
  local heard = packet.type == "response" and self.questions[packet.nonce]
  local command = packet.type == "command" and commands[packet.data.command]
  if heard then
    heard(packet.data, packet.source)
  elseif command and not self.is_mute then
    self:put(packet.source, "response", command(self, packet.data), packet.nonce)
  end
end

-- ── Links and channels, as the charts have them ──────────────────────────────────────────────

function Peer:synchronise(name)
  for _, command in ipairs { "list-channels", "list-reserved-channels" } do
    self:ask(name, { command = command }, function(data)
      for _, channel in ipairs(data.channels) do
        if not self.open[channel.name] and not self.reserved[channel.name] then
          self.reserved[channel.name] = channel.password ~= engine.null and channel.password or ""
        end
      end
    end)
  end
end

--- Dials a node, or another plain peer, and asks it for its channels.
---@param other string|table
function Peer:connect(other)
  if type(other) == "table" then
    self.links[other.name], other.links[self.name] = other, self
    self:synchronise(other.name)
    return
  end
  local wire = assert(engine.wire(self.net.handle, self.net.places[other], TOKEN, 1), "refused")
  self.links[other] = wire
  local handshake = { command = "handshake", data = { name = self.name } }
  engine.wire_say(self.net.handle, wire, engine.encode(self.net.handle, handshake))
  self:synchronise(other)
end

--- Is gone without a word.
function Peer:vanish()
  for name, link in pairs(self.links) do
    if type(link) == "table" then
      link.links[self.name] = nil
    else
      engine.wire_close(self.net.handle, link)
    end
    self.links[name] = nil
  end
  for index, peer in ipairs(self.net.plain) do
    if peer == self then
      table.remove(self.net.plain, index)
    end
  end
end

function Peer:reserve_everywhere(channel, hash)
  local password = hash ~= "" and hash or engine.null
  local data = { command = "reserve-channel", channel = channel, password = password }
  self:ask("*", data, function(answer, source)
    if not answer.ok and self.open[channel] == hash then
      self.open[channel] = nil
      self:synchronise(source)
    end
  end)
end

--- A client of its own subscribes, with this hash. Whether it may, as far as the peer knows.
function Peer:subscribe(channel, hash)
  local known = self.open[channel] or self.reserved[channel]
  if known and known ~= hash and known ~= "" then
    return false
  end
  self.open[channel] = known or hash
  self.reserved[channel] = nil
  if not known then
    self:reserve_everywhere(channel, hash)
  end
  return true
end

--- The last of its clients leaves.
function Peer:unsubscribe(channel)
  local hash = self.open[channel]
  if not hash then
    return
  end
  self.open[channel] = nil
  self:ask("*", { command = "unreserve-channel", channel = channel }, function(data)
    if not data.ok and not self.open[channel] and not self.reserved[channel] then
      self.reserved[channel] = hash
      self:reserve_everywhere(channel, hash)
    end
  end)
end

--- The names of the channels that it has open, in order.
function Peer:channels()
  return names_of(self.open)
end

return Peer
