--- ctl status: what this node is and how it does.

local call = require "relay.ctl.call"
local engine = require "relay.engine"
local relay = require "relay"
local units = require "relay.ctl.units"

-- "3 done, 1 refused; the last one 2m 5s ago: main.lua:6: …"
local function reloads_of(status)
  local text = ("%d done, %d refused"):format(status.reloads_done, status.reloads_refused)
  if status.reloads_refused == 0 then
    return text
  end
  local ago = units.duration(math.max(0, engine.time() - status.reload_refused_at))
  return ("%s; the last one %s ago: %s"):format(text, ago, status.reload_refusal)
end

local function lines_of(status)
  return {
    { "node", ("%s, wsrelay-engine %s, pid %d"):format(status.name, status.version, status.pid) },
    { "up", units.duration(status.uptime_seconds) },
    { "generation", status.generation },
    { "health", ("%s: %s"):format(status.health, status.health_reason) },
    { "draining", status.draining },
    { "clients", status.clients },
    { "channels", status.channels },
    { "peers", status.peers },
    { "connections", status.connections },
    { "memory", ("%s; scripts %s, policies %s"):format(units.bytes(status.resident_bytes),
      units.bytes(status.scripts_bytes), units.bytes(status.policies_bytes)) },
    { "failures", ("%d of policies, %d of handlers"):format(status.policy_failures,
      status.handler_failures) },
    { "reloads", reloads_of(status) },
    { "handlers waiting", status.handlers_waiting },
    { "traces", status.traces },
  }
end

local function run(current)
  local status = engine.status()
  status.name = relay.name()
  if current.json then
    current:object(status)
  else
    current:list({ { title = "NODE", key = 1 }, { title = "", key = 2 } }, call.each(lines_of(status)))
  end
end

---@type relay.ctl.Command
return { usage = "status", summary = "what this node is and how it does", run = run }
