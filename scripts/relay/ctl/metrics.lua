--- ctl metrics: the node's own figures and the scripts' counters and gauges, in Prometheus' text format.

local metrics = require "relay.metrics"

local function run(current)
  local text, reason = metrics.text()
  if not text then
    return current:fail(1, reason)
  end
  if current.json then
    current:object { metrics = text }
  else
    current:print((text:gsub("\n$", "")))
  end
end

---@type relay.ctl.Command
return { usage = "metrics", summary = "figures of the node and the scripts, for Prometheus", run = run }
