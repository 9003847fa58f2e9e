--- ctl metrics: the node's own figures and the scripts' counters and gauges, in Prometheus' text format.

local engine = require "relay.engine"

-- Of engine.status(), under the names that Prometheus gets.
local OWN = {
  { "generation", "wsrelay_generation", "gauge", "Which load of the scripts serves." },
  { "policy_failures", "wsrelay_policy_failures_total", "counter", "Questions that no policy could answer." },
  { "handler_failures", "wsrelay_handler_failures_total", "counter", "Handlers that raised or overran." },
  { "handlers_waiting", "wsrelay_handlers_waiting", "gauge", "Handlers that wait for something." },
  { "clients", "wsrelay_clients", "gauge", "Clients that are connected." },
  { "channels", "wsrelay_channels", "gauge", "Channels that are open here." },
  { "peers", "wsrelay_peers", "gauge", "Links with other nodes." },
}

local function own_figures()
  local status = engine.status()
  local lines = {}
  for _, figure in ipairs(OWN) do
    local key, name, kind, help = table.unpack(figure)
    local text = "# HELP %s %s\n# TYPE %s %s\n%s %d\n"
    lines[#lines + 1] = text:format(name, help, name, kind, name, status[key])
  end
  return table.concat(lines)
end

local function run(current)
  local text = own_figures() .. engine.metrics()
  if current.json then
    current:object { metrics = text }
  else
    current:print((text:gsub("\n$", "")))
  end
end

---@type relay.ctl.Command
return { usage = "metrics", summary = "figures of the node and the scripts, for Prometheus", run = run }
