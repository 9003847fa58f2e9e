--- ctl metrics: the counters and gauges that the scripts made, in Prometheus' text format.

local engine = require "relay.engine"

local function run(current)
  if current.json then
    current:object { metrics = engine.metrics() }
  else
    current:print((engine.metrics():gsub("\n$", "")))
  end
end

---@type relay.ctl.Command
return { usage = "metrics", summary = "the scripts' counters and gauges, for Prometheus", run = run }
