--- drift.lua: where a node's lists differ from what is open in the network. Pure, but for the pauses.
--
-- What is open is what any node says to have open, and what the nodes of our kind claim. A difference is
-- known by its key: the same key in two surveys is the same difference.

local drift = {}

---@class relay.WantedChannel
---@field hash string "": no password
---@field on? string a node that has it open; nil: it is only claimed
---@field on_plain? string a plain one
---@field is_open_on_ours? boolean
---@field owner? string whose claim holds it
---@field is_contested boolean there are two passwords: the nodes' own rule decides

---@class relay.Difference
---@field key string
---@field node string where
---@field channel string
---@field kind "missing"|"wrong"|"orphan"|"unheld"|"hollow"
---@field hash string what it should be reserved with; of an orphan ""
---@field had string what it is reserved with; ""
---@field on? string a node that has it open
---@field owner? string
---@field is_ours? boolean of a node of our kind, whose claims level themselves

---@class relay.Drift
---@field by_key table<string, relay.Difference>
---@field count integer
---@field seen integer those that did not fit counted too

local KEPT_MAX = 10000

---@return relay.Drift
function drift.none()
  return { by_key = {}, count = 0, seen = 0 }
end

---@param found relay.Drift
---@param one relay.Difference without its key
local function add(found, one)
  one.key = table.concat({ one.kind, one.node, one.channel, one.hash, one.had }, "\0")
  found.seen = found.seen + 1
  if found.count < KEPT_MAX then
    found.by_key[one.key] = one
    found.count = found.count + 1
  end
end

local function note(wanted, channel, hash)
  local want = wanted[channel]
  if not want then
    want = { hash = hash, is_contested = false }
    wanted[channel] = want
  end
  want.is_contested = want.is_contested or want.hash ~= hash
  return want
end

--- All names that are taken.
---@param view relay.Survey
---@param claims relay.ChannelFacts[] with the node that holds each
---@param pace fun()
---@return table<string, relay.WantedChannel>
function drift.wanted(view, claims, pace)
  local wanted = {}
  for _, name in ipairs(view.names) do
    local node = view.nodes[name]
    for channel, hash in pairs(node.open) do
      local want = note(wanted, channel, hash)
      want.on = want.on or name
      want.on_plain = want.on_plain or node.is_plain and name or nil
      want.is_open_on_ours = want.is_open_on_ours or not node.is_plain
      pace()
    end
  end
  for _, claim in ipairs(claims) do
    note(wanted, claim.name, claim.password or "").owner = claim.node
    pace()
  end
  return wanted
end

-- Our own kind keeps claims. What nobody claims, because it is open on a plain node behind a plain one,
-- is kept from it by that node's vote.
local function concerns(want, node)
  return not want.is_contested and (node.is_plain or want.owner ~= nil)
end

--- Adds the differences of one node.
---@param found relay.Drift
---@param view relay.Survey
---@param wanted table<string, relay.WantedChannel>
---@param name string
---@param reserved table<string, string>
---@param pace fun()
function drift.add_node(found, view, wanted, name, reserved, pace)
  local node = view.nodes[name]
  local function add_one(kind, channel, want, had)
    add(found, {
      kind = kind,
      node = name,
      channel = channel,
      hash = want and want.hash or "",
      had = had or "",
      on = want and want.on or nil,
      owner = want and want.owner or nil,
      is_ours = not node.is_plain,
    })
  end
  for channel, want in pairs(wanted) do
    if concerns(want, node) and not node.open[channel] and not reserved[channel] then
      add_one("missing", channel, want)
    end
    pace()
  end
  for channel, hash in pairs(reserved) do
    local want = wanted[channel]
    if not want then
      add_one("orphan", channel, nil, hash)
    elseif concerns(want, node) and not node.open[channel] and want.hash ~= hash then
      add_one("wrong", channel, want, hash)
    end
    pace()
  end
end

-- A node of our kind that a plain one is linked with.
local function keeper_of(view, plain)
  for _, name in ipairs(view.nodes[plain].beside) do
    local node = view.nodes[name]
    if node and not node.is_plain then
      return name
    end
  end
end

local function add_claim(found, view, channel, want)
  local owner = want.owner and view.nodes[want.owner]
  local node, kind
  if not want.owner and want.on_plain and not want.is_open_on_ours then
    node, kind = keeper_of(view, want.on_plain), "unheld"
  elseif owner and not owner.is_plain and not owner.is_partial and not want.on then
    node, kind = want.owner, "hollow"
  end
  if node then
    add(found, {
      kind = kind,
      node = node,
      channel = channel,
      hash = want.hash,
      had = "",
      on = want.on,
      owner = want.owner,
    })
  end
end

--- Adds what is open on a plain node and claimed by none of those beside it (unheld), and claims to what
--- is open nowhere (hollow). How many names have two passwords, and some of them.
---@param found relay.Drift
---@param view relay.Survey
---@param wanted table<string, relay.WantedChannel>
---@param pace fun()
---@return string[] contested channels
function drift.add_claims(found, view, wanted, pace)
  local contested = {}
  for channel, want in pairs(wanted) do
    if want.is_contested then
      contested[#contested + 1] = channel
    else
      add_claim(found, view, channel, want)
    end
    pace()
  end
  table.sort(contested)
  return contested
end

--- Takes those out that `is_unsure` answers true for.
---@param found relay.Drift
---@param is_unsure fun(one: relay.Difference): boolean?
function drift.leave_out(found, is_unsure)
  for key, one in pairs(found.by_key) do
    if is_unsure(one) then
      found.by_key[key] = nil
      found.count, found.seen = found.count - 1, found.seen - 1
    end
  end
end

--- Those of a list that were found again, as many as `most`.
---@param list table<any, relay.Difference>
---@param found relay.Drift
---@param most integer
---@return relay.Difference[]
function drift.again(list, found, most)
  local both = {}
  for _, one in pairs(list) do
    local again = found.by_key[one.key]
    if again and #both < most then
      both[#both + 1] = again
    end
  end
  table.sort(both, function(a, b)
    return a.key < b.key
  end)
  return both
end

return drift
