--- fake_mesh.lua: a network for specs of the master: nodes that answer the notes' commands from two tables.
--
-- A plain node does as the notes say; one of our kind says ok and keeps its lists. `claims` are what the
-- master's node, "master", knows of.

local fake_mesh = {}

---@class fake.Mesh
---@field nodes table<string, fake.Node>
---@field claims table<string, { state: string, hash: string?, owner: string }>
---@field asked string[] "node command channel password"
---@field before fun(node: string, data: table)? called before a command is answered
---@field after fun(node: string, data: table)? called after it

---@class fake.Node
---@field open table<string, string>
---@field reserved table<string, string>
---@field is_plain boolean
---@field beside string[]
---@field answer (fun(data: table): table?, string?)? in the place of all of it

local Mesh = {}
Mesh.__index = Mesh

local function list_of(mesh, channels)
  local list = {}
  for name, hash in pairs(channels) do
    list[#list + 1] = { name = name, password = hash ~= "" and hash or mesh.null }
  end
  return { ok = true, channels = list }
end

local commands = {
  ["list-channels"] = function(mesh, node)
    return list_of(mesh, node.open)
  end,
  ["list-reserved-channels"] = function(mesh, node)
    return list_of(mesh, node.reserved)
  end,
  ["list-nodes"] = function(_, node)
    return { ok = true, nodes = node.beside }
  end,
  ["reserve-channel"] = function(mesh, node, data)
    local hash = data.password ~= mesh.null and data.password or ""
    if not node.is_plain then
      return { ok = true }
    end
    if (node.open[data.channel] or node.reserved[data.channel] or hash) ~= hash then
      return { ok = false, reason = "channel already reserved" }
    end
    if not node.open[data.channel] then
      node.reserved[data.channel] = hash
    end
    return { ok = true }
  end,
  ["unreserve-channel"] = function(_, node, data)
    if node.open[data.channel] then
      return { ok = false, reason = "channel still open" }
    end
    if node.is_plain then
      node.reserved[data.channel] = nil
    end
    return { ok = true }
  end,
}

--- So many rounds of a routine, 15 s apart; what the last one mended, as "node text".
---@param routine relay.Synchronise
---@param count integer
---@return string[]
function Mesh:rounds(routine, count)
  local texts = {}
  for _ = 1, count do
    texts = {}
    for index, event in ipairs((routine:round())) do
      texts[index] = event.node .. " " .. event.text
    end
    self.now = self.now + 15
  end
  table.sort(texts)
  return texts
end

function Mesh:request(name, data)
  local node = self.nodes[name]
  local what = { name, data.command, data.channel, type(data.password) == "string" and data.password or nil }
  self.asked[#self.asked + 1] = table.concat(what, " ")
  if self.before then
    self.before(name, data)
  end
  if not node or node.is_silent then
    return nil, "timed out"
  end
  local answer, reason
  if node.answer then
    answer, reason = node.answer(data)
  end
  if answer == nil and not reason then
    answer = commands[data.command](self, node, data)
  end
  if self.after then
    self.after(name, data)
  end
  return answer, reason
end

--- A node, plain unless said otherwise.
---@param name string
---@param given? table
---@return fake.Node
function Mesh:add(name, given)
  local node = { open = {}, reserved = {}, is_plain = true, is_known = true, beside = {} }
  for key, value in pairs(given or {}) do
    node[key] = value
  end
  self.nodes[name] = node
  return node
end

--- Opened on a node, and everybody knows it. Of our kind: claimed.
function Mesh:open(name, channel, hash)
  self.nodes[name].open[channel] = hash or ""
  for other, node in pairs(self.nodes) do
    if other ~= name and not node.open[channel] then
      node.reserved[channel] = hash or ""
    end
  end
  if not self.nodes[name].is_plain then
    self:claim(channel, name, hash)
  end
end

function Mesh:claim(channel, owner, hash, state)
  self.claims[channel] = { state = state or "open", hash = hash, owner = owner }
end

--- The changes that were asked for, in order.
function Mesh:changes()
  local changes = {}
  for _, text in ipairs(self.asked) do
    if text:find "reserve%-channel" then
      changes[#changes + 1] = text
    end
  end
  return changes
end

local function tools_of(mesh)
  return {
    request = function(...)
      return mesh:request(...)
    end,
    nodes = function()
      local nodes = {}
      for name, node in pairs(mesh.nodes) do
        if name ~= "master" and node.is_known then
          nodes[#nodes + 1] = { name = name, is_plain = node.is_plain, is_peer = true }
        end
      end
      table.sort(nodes, function(one, other)
        return one.name < other.name
      end)
      return nodes
    end,
    name = function()
      return "master"
    end,
    channels = function()
      local channels = {}
      for name, hash in pairs(mesh.nodes.master.open) do
        channels[#channels + 1] = { name = name, password = hash ~= "" and hash or nil, scope = "network" }
      end
      return channels
    end,
    claims = function()
      local claims = {}
      for name, claim in pairs(mesh.claims) do
        if claim.state == "open" then
          claims[#claims + 1] = { name = name, password = claim.hash, node = claim.owner }
        end
      end
      return claims
    end,
    claim = function(channel)
      local claim = mesh.claims[channel]
      if claim then
        return claim.state, claim.hash, claim.owner
      end
    end,
    doubt = function(channel)
      mesh.asked[#mesh.asked + 1] = "doubt " .. channel
    end,
    freed = function(channel)
      mesh.asked[#mesh.asked + 1] = "freed " .. channel
      return mesh.freed(channel)
    end,
    spawn = function(handler)
      handler()
    end,
    sleep = function() end,
    clock = function()
      return mesh.now
    end,
    on_mended = function(event)
      mesh.events[#mesh.events + 1] = event
    end,
  }
end

--- A network with the master's node alone in it.
---@param null any what the lists have for no password
function fake_mesh.new(null)
  local mesh = { nodes = {}, claims = {}, asked = {}, events = {}, now = 1000, null = null }
  setmetatable(mesh, Mesh)
  mesh:add("master", { is_plain = false })
  mesh.tools = tools_of(mesh)
  return mesh
end

return fake_mesh
