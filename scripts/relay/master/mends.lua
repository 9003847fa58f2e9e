--- mends.lua: how one difference is mended, by the notes' own commands to the node where it is.
--
-- The claims that this node knows are looked at right before and right after, without waiting between:
-- a name that is being voted on, was freed or was opened meanwhile is left alone, and what was told in
-- vain is taken back.

local relay = require "relay"

local mends = {}

local ANSWER_SECONDS = 3
local LOOKS, LOOK_SECONDS = 20, 0.1 -- for a claim to come or to go

---@class relay.MendTools: relay.SurveyTools
---@field claim fun(channel: string): "open"|"tentative"|nil, string?, string? the hash and the owner
---@field doubt fun(channel: string) asks the plain peers of this node
---@field freed fun(channel: string): boolean gives up what this node only heard of

-- true: ok; false: refused; nil: no answer.
local function tell(tools, node, data)
  local answer = tools.request(node, data, ANSWER_SECONDS)
  if type(answer) ~= "table" then
    return nil
  end
  return answer.ok ~= false
end

local function reserve(tools, one, hash)
  local password = hash ~= "" and hash or relay.null
  return tell(tools, one.node, { command = "reserve-channel", channel = one.channel, password = password })
end

-- `channel still open`: the notes want the name reserved again as soon as possible.
local function unreserve(tools, one, hash)
  local is_freed = tell(tools, one.node, { command = "unreserve-channel", channel = one.channel })
  if is_freed == false then
    reserve(tools, one, hash)
  end
  return is_freed
end

-- Whether the name is open still as it was found to be.
local function stands(tools, one)
  local state, hash = tools.claim(one.channel)
  if not state then
    return one.owner == nil
  end
  return state == "open" and (hash or "") == one.hash
end

local function whose(one)
  return one.on and "open on " .. one.on or "held by " .. one.owner
end

local mend = {}

function mend.missing(tools, one)
  if not stands(tools, one) or not reserve(tools, one, one.hash) then
    return nil
  end
  if not stands(tools, one) then
    unreserve(tools, one, one.hash)
    return nil
  end
  return ("reserved '%s', which is %s"):format(one.channel, whose(one))
end

function mend.wrong(tools, one)
  if not stands(tools, one) or not unreserve(tools, one, one.had) then
    return nil
  end
  if not stands(tools, one) or not reserve(tools, one, one.hash) then
    return nil
  end
  return ("replaced the password of '%s', which is %s"):format(one.channel, whose(one))
end

function mend.orphan(tools, one)
  if tools.claim(one.channel) or not unreserve(tools, one, one.had) then
    return nil
  end
  local state, hash = tools.claim(one.channel)
  if state then -- opened meanwhile, and the node had heard of it
    if state == "open" then
      reserve(tools, one, hash or "")
    end
    return nil
  end
  return ("freed '%s', which is open nowhere"):format(one.channel)
end

-- Looks for a while until a claim is as it should be.
local function comes_true(tools, is_so)
  for _ = 1, LOOKS do
    if is_so() then
      return true
    end
    tools.sleep(LOOK_SECONDS)
  end
  return is_so()
end

function mend.unheld(tools, one)
  if tools.claim(one.channel) then
    return nil
  end
  if one.node == tools.name() then
    tools.doubt(one.channel)
  elseif not reserve(tools, one, one.hash) then
    return nil
  end
  local is_held = comes_true(tools, function()
    return tools.claim(one.channel) ~= nil
  end)
  return is_held and ("claimed '%s', which is %s"):format(one.channel, whose(one)) or nil
end

function mend.hollow(tools, one)
  local function is_gone()
    local _, _, owner = tools.claim(one.channel)
    return owner ~= one.node
  end
  if is_gone() then
    return nil
  end
  local is_freed
  if one.node == tools.name() then
    is_freed = tools.freed(one.channel)
  else
    is_freed = tell(tools, one.node, { command = "unreserve-channel", channel = one.channel })
  end
  if is_freed == false then
    return nil, true
  end
  if is_freed and comes_true(tools, is_gone) then
    return ("gave up '%s', which is open nowhere"):format(one.channel)
  end
end

--- Waits. What was mended, as a sentence about the node; nil: nothing. `is_meant`: the node wants it so.
---@param tools relay.MendTools
---@param one relay.Difference
---@return string? text
---@return boolean? is_meant
function mends.mend(tools, one)
  return mend[one.kind](tools, one)
end

return mends
