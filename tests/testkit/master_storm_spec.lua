--- The master's rounds, once a second, beside opens, leaves, newcomers and peers that drift: R1, R2 and R4 of
--- docs/mesh.md hold, and at the end nothing is left.

local Peer = dofile "tests/testkit/support/plain_peer.lua"
local engine = require "relay.testkit.engine"
local testkit = require "relay.testkit"

local NAMES = { "master", "node-a", "node-b", "node-c" }
local CHANNELS, PASSWORDS, STEPS, PEERS_MAX = 5, 3, 120, 6
local SEEDS = os.getenv "WSRELAY_SLOW_TESTS" and 40 or 4
local GHOST = ("e"):rep(64)

local Storm = {}
Storm.__index = Storm

function Storm.new(seed)
  local storm = setmetatable({ state = seed, members = {}, peers = {}, names = 0, races = 0 }, Storm)
  storm.net = Peer.attach(testkit.network {
    { name = "master", main = "tests/testkit/master/main.lua" }, "node-a", "node-b", "node-c",
    links = {
      { "node-a", "master" }, { "node-b", "node-a" }, { "node-c", "node-b" }, { "node-c", "master" },
    },
    main = "tests/testkit/node/main.lua",
    seed = seed,
  })
  for _, name in ipairs(NAMES) do
    for _ = 1, 2 do
      table.insert(storm.members, { client = assert(storm.net:client(name)), passwords = {} })
    end
  end
  return storm
end

function Storm:dice(sides)
  self.state = (self.state * 1103515245 + 12345) % 2147483648
  return self.state // 65536 % sides + 1
end

function Storm:any(list)
  return list[self:dice(#list)]
end

function Storm:channel()
  return "channel " .. self:dice(CHANNELS)
end

local function first_of(passwords)
  local first
  for channel in pairs(passwords) do
    first = (not first or channel < first) and channel or first
  end
  return first
end

-- What a member lost meanwhile.
local function forget_lost(member)
  for _, message in ipairs(member.client:messages()) do
    if message.type == "unsubscribed" then
      member.passwords[message.channel] = nil
    end
  end
end

-- R1: those who are subscribed to a name at one time gave one password.
function Storm:check()
  local given = {}
  for _, member in ipairs(self.members) do
    forget_lost(member)
  end
  for _, member in ipairs(self.members) do
    for channel, password in pairs(member.passwords) do
      given[channel] = given[channel] or password
      assert.equal(given[channel], password, channel .. " has two passwords")
    end
  end
end

local acts = {}

function acts.subscribe(storm)
  local member, channel, password = storm:any(storm.members), storm:channel(), "p" .. storm:dice(PASSWORDS)
  if not member.passwords[channel] and member.client:subscribe(channel, password).ok then
    member.passwords[channel] = password
  end
end

function acts.unsubscribe(storm)
  local member = storm:any(storm.members)
  local channel = first_of(member.passwords)
  if channel then
    member.client:unsubscribe(channel)
    member.passwords[channel] = nil
  end
end

function acts.pause(storm)
  storm.net:advance(storm:dice(15) / 10)
end

function acts.join(storm)
  if #storm.peers < PEERS_MAX then
    storm.names = storm.names + 1
    local peer = Peer.new(storm.net, "plain-" .. storm.names)
    local is_behind = #storm.peers > 0 and storm:dice(3) == 1
    peer:connect(is_behind and storm:any(storm.peers) or storm:any(NAMES))
    storm.peers[#storm.peers + 1] = peer
  end
end

-- A name of the plain peers' own: with which of our clients' passwords its hash goes it does not know.
function acts.plain_subscribe(storm)
  if #storm.peers > 0 then
    storm:any(storm.peers):subscribe("plain " .. storm:dice(CHANNELS), ("%064x"):format(storm:dice(2)))
  end
end

function acts.plain_unsubscribe(storm)
  local peer = #storm.peers > 0 and storm:any(storm.peers)
  if peer and peer:channels()[1] then
    peer:unsubscribe(storm:any(peer:channels()))
  end
end

function acts.drift(storm)
  local peer = #storm.peers > 0 and storm:any(storm.peers)
  if not peer then
    return
  end
  local channel = storm:channel()
  if storm:dice(2) == 1 then
    peer.reserved[channel] = nil
  elseif not peer.open[channel] then
    peer.reserved[channel] = GHOST
  end
end

-- A plain peer goes that nobody is behind; another one may take its place.
function acts.vanish(storm)
  local index = #storm.peers > 0 and storm:dice(#storm.peers)
  local peer = index and storm.peers[index]
  local first = peer and next(peer.links)
  if peer and next(peer.links, first) == nil then
    peer:vanish()
    table.remove(storm.peers, index)
  end
end

-- R2: of two that open a name at one time with different passwords one gets it.
function acts.race(storm)
  storm.races = storm.races + 1
  local net, channel, clients = storm.net, "race " .. storm.races, {}
  for index = 1, 2 do
    local client = net:client(NAMES[(storm.races + index * storm:dice(2)) % 4 + 1])
    clients[index], client.answers.race = client, false
    local data = { topic = channel, password = "p" .. index }
    engine.say(net.handle, client.number, engine.encode(net.handle, {
      command = "subscribe", data = data, nonce = "race",
    }))
  end
  net:advance(4)
  local granted = 0
  for _, client in ipairs(clients) do
    client:receive(0)
    local answer = client.answers.race or { ok = "no answer" }
    granted = granted + (answer.ok == true and 1 or 0)
    assert.is_true(answer.ok == true or answer.reason == "invalid password", tostring(answer.reason))
    client:close()
  end
  assert.equal(1, granted, channel)
end

local ORDER = {
  acts.subscribe, acts.subscribe, acts.subscribe, acts.unsubscribe, acts.unsubscribe, acts.pause,
  acts.join, acts.join, acts.vanish,
  acts.plain_subscribe, acts.plain_subscribe, acts.plain_unsubscribe, acts.drift, acts.drift, acts.race,
}

function Storm:blow()
  for _ = 1, STEPS do
    self:any(ORDER)(self)
    self:check()
  end
end

-- All leave; the master's rounds and the nodes' own protocol do the rest.
function Storm:calm()
  for _, member in ipairs(self.members) do
    while next(member.passwords) do
      local channel = first_of(member.passwords)
      assert(member.client:unsubscribe(channel))
      member.passwords[channel] = nil
    end
  end
  for _, peer in ipairs(self.peers) do
    for _, channel in ipairs(peer:channels()) do
      peer:unsubscribe(channel)
    end
  end
  self.net:advance(75) -- a peer that vanished is believed in for 45
end

function Storm:status()
  return assert(self.net:request("node-a", "master", { command = "mended" })).status
end

-- R4: no claim, no reservation is left, and every name opens anywhere.
function Storm:check_free()
  for _, name in ipairs(NAMES) do
    local asker = name == "node-a" and "node-b" or "node-a"
    local answer = self.net:request(asker, name, { command = "list-reserved-channels" })
    assert.same({}, answer.channels, name)
  end
  for _, peer in ipairs(self.peers) do
    assert.same({ {}, {} }, { peer.open, peer.reserved }, peer.name)
  end
  for number = 1, CHANNELS do
    for _, kind in ipairs { "channel ", "plain " } do
      local client = self.members[self:dice(#self.members)].client
      assert.same({ ok = true }, client:subscribe(kind .. number, "another"))
    end
  end
  self.net:advance(1)
  for _, peer in ipairs(self.peers) do
    assert.is_false(peer:subscribe("channel 1", GHOST), peer.name)
  end
end

describe("the master beside opens, leaves, newcomers and drift", function()
  for seed = 1, SEEDS do
    it("breaks nothing and leaves nothing, seed " .. seed, function()
      local storm = Storm.new(seed)
      storm:blow()
      storm:calm()
      local status = storm:status()
      assert.same({ 0, 0, 0, 0 }, { status.silent, status.differences, status.lasting, status.conflicts })
      storm:check_free()
    end)
  end
end)
