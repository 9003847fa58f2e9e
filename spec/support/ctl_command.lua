--- ctl_command.lua: runs a command of ctl without an engine, and keeps what it answers.

local fake_relay = require "spec.support.fake_relay"

local ctl_command = {}

---@class ctl.Answer
---@field code integer
---@field out string
---@field err string
---@field objects any[] what was told to a program

local function forget()
  for name in pairs(package.loaded) do
    if name:find "^relay%.ctl" then
      package.loaded[name] = nil
    end
  end
end

--- Fakes of require "relay" and require "relay.engine", with what ctl needs besides.
---@return fake.Relay
function ctl_command.install()
  local fake = fake_relay.install()
  forget()
  fake.answer = { out = "", err = "", objects = {} }
  fake.engine.control_write = function(is_error, text)
    local key = is_error and "err" or "out"
    fake.answer[key] = fake.answer[key] .. text
  end
  fake.engine.control_json = function(value)
    table.insert(fake.answer.objects, value)
  end
  return fake
end

--- `ctl NAME …`; the command's file alone is loaded.
---@param fake fake.Relay
---@param name string
---@param ... string|{ json: boolean }
---@return ctl.Answer
function ctl_command.run(fake, name, ...)
  local call = require "relay.ctl.call"
  local arguments, is_json = { name }, false
  for _, word in ipairs { ... } do
    if type(word) == "table" then
      is_json = word.json
    else
      arguments[#arguments + 1] = word
    end
  end
  local command = require("relay.ctl." .. name)
  local current = call.new({ arguments = arguments, json = is_json },
    { names = { name }, commands = { [name] = command } })
  fake.answer.code = command.run(current) or 0
  return fake.answer
end

ctl_command.JSON = { json = true }

function ctl_command.remove()
  fake_relay.remove()
  forget()
end

return ctl_command
