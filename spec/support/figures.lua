--- figures.lua: what engine.figures() answers, with every figure that the metrics name.

local metric_list = require "relay.metric_list"

local figures = {}

--- All of them 0, the lists with an entry each; `changes` go over it.
---@param changes? table
---@return table
function figures.new(changes)
  local all = { version = "1.2.3", peers = {}, policies = {}, turns = {} }
  for _, metric in ipairs(metric_list) do
    for _, pair in ipairs(metric.by and metric.by.values or {}) do
      all[pair[2]] = 0
    end
    if metric.histogram then
      all[metric.histogram.sum], all[metric.histogram.count] = 0.0, 0
    elseif metric.figure then
      all[metric.figure] = 0
    end
  end
  for key, value in pairs(changes or {}) do
    all[key] = value
  end
  return all
end

--- Gives a fake engine what the metrics ask of it.
---@param fake fake.Relay
---@param changes? table
function figures.install(fake, changes)
  fake.engine.figures = function() return figures.new(changes) end
  fake.engine.metrics = function() return "# TYPE a counter\na 1\n" end
  fake.engine.wake = function() end
  fake.engine.busiest_channels = function(most)
    return table.move(fake.busiest or {}, 1, most, 1, {})
  end
  fake.engine.configuration = function()
    return { peers = fake.configured or {}, admin = fake.admin }
  end
end

return figures
