--- metrics.lua: the node's figures, and the scripts' counters and gauges, in Prometheus' text format.

local engine = require "relay.engine"
local metric_list = require "relay.metric_list"
local relay = require "relay"
local synchronise = require "relay.master.synchronise"

local metrics = {}

metrics.CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

-- Lines between two turns of the loop.
local LINES_AT_ONCE = 1000
local TOPIC = "relay.metrics" -- of who waits for the text that is being made
local WAIT_SECONDS = 30
local WAITING_MAX = 8

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

local function number_text(value)
  if math.type(value) == "integer" then
    return tostring(value)
  elseif value ~= value then
    return "NaN"
  elseif value == math.huge or value == -math.huge then
    return value > 0 and "+Inf" or "-Inf"
  end
  return ("%.15g"):format(value)
end

local function label_text(name, value)
  return name .. '="' .. tostring(value):gsub('[\\"\n]', ESCAPES) .. '"'
end

-- The labels of an entry of a list, {policy="limits",question="client"}; made once for all the
-- metrics that tell of it.
local function labels_of(described, entry)
  local labels = entry[described]
  if not labels then
    local parts = {}
    for i, pair in ipairs(described) do
      parts[i] = label_text(pair[1], entry[pair[2]])
    end
    labels = "{" .. table.concat(parts, ",") .. "}"
    entry[described] = labels
  end
  return labels
end

-- ── samples ──────────────────────────────────────────────────────────────────────────────────

local Text = {}
Text.__index = Text

-- What is not known has no sample, and a metric without samples is not there.
function Text:add(name, labels, value)
  if value == nil then
    return
  end
  if self.head then
    self[#self + 1] = self.head
    self.head = nil
  end
  self[#self + 1] = name .. labels .. " " .. number_text(value)
  if #self % LINES_AT_ONCE == 0 then
    relay.sleep(0)
  end
end

function Text:add_by(name, by, figures)
  for _, pair in ipairs(by.values) do
    self:add(name, "{" .. label_text(by.label, pair[1]) .. "}", figures[pair[2]])
  end
end

function Text:add_each(name, each, figures)
  for _, entry in ipairs(figures[each.list]) do
    local labels = labels_of(each.labels, entry)
    self:add(each.count and name .. "_sum" or name, labels, entry[each.value])
    if each.count then
      self:add(name .. "_count", labels, entry[each.count])
    end
  end
end

function Text:add_histogram(name, histogram, figures)
  for _, bucket in ipairs(figures[histogram.buckets]) do
    self:add(name .. "_bucket", ('{le="%s"}'):format(number_text(bucket.up_to)), bucket.count)
  end
  self:add(name .. "_sum", "", figures[histogram.sum])
  self:add(name .. "_count", "", figures[histogram.count])
end

function Text:add_metric(metric, figures)
  local name, kind, help = metric[1], metric[2], metric[3]
  self.head = ("# HELP %s %s\n# TYPE %s %s"):format(name, help, name, kind)
  if metric.by then
    self:add_by(name, metric.by, figures)
  elseif metric.each then
    self:add_each(name, metric.each, figures)
  elseif metric.histogram then
    self:add_histogram(name, metric.histogram, figures)
  else
    self:add(name, "", figures[metric.figure])
  end
end

-- ── figures ──────────────────────────────────────────────────────────────────────────────────

-- Those of main.lua that are not linked.
local function add_missing_peers(peers)
  local is_linked = {}
  for _, peer in ipairs(peers) do
    is_linked[peer.name] = true
  end
  for _, peer in ipairs(engine.configuration().peers) do
    if not is_linked[peer.name] then
      peers[#peers + 1] = { name = peer.name, is_up = 0 }
    end
  end
end

local function busiest_channels()
  local admin = engine.configuration().admin
  local most = admin and admin.channel_metrics or 0
  return most > 0 and engine.busiest_channels(most) or {}
end

-- On a master, how its routine does.
local function add_synchronise(figures)
  for key, value in pairs(synchronise.status() or {}) do
    figures["synchronise_" .. key] = value
  end
end

--- Everything that metric_list names.
local function read_figures()
  local figures = engine.figures()
  figures.builds = { { version = figures.version, node = relay.name(), one = 1 } }
  figures.busiest = busiest_channels()
  add_missing_peers(figures.peers)
  add_synchronise(figures)
  return figures
end

local function make_text()
  local figures = read_figures()
  local text = setmetatable({}, Text)
  for _, metric in ipairs(metric_list) do
    text:add_metric(metric, figures)
  end
  text[#text + 1] = engine.metrics()
  return table.concat(text, "\n")
end

-- ── one for all who ask meanwhile ────────────────────────────────────────────────────────────

---@class relay.metrics.Scrape
---@field text? string
---@field reason? string why there is none
---@field waiting? integer who wait for it

---@type relay.metrics.Scrape? that is being made
local running

local function scrape()
  local made = {}
  running = made
  local ok, text = pcall(make_text)
  running = nil
  made.text, made.reason = ok and text or nil, text
  engine.wake(TOPIC)
  return made
end

local function await(made)
  made.waiting = (made.waiting or 0) + 1
  engine.wait(TOPIC, WAIT_SECONDS)
  if running == made then -- its handler was ended
    running = nil
  end
  return made
end

--- The whole text. For handlers: with thousands of channels it lets the loop turn in between. Who asks while
--- it is being made gets the same, and is refused when WAITING_MAX others wait already, for each answer is a
--- copy.
---@return string? text
---@return string? reason
function metrics.text()
  if running and (running.waiting or 0) >= WAITING_MAX then
    return nil, "busy: too many scrapes at once"
  end
  local made = running and await(running) or scrape()
  return made.text or error(made.reason or "the metrics were not made", 0)
end

--- From now on the admin listener answers GET /metrics.
function metrics.install()
  local http = require "relay.http"
  http.route("/metrics", {}, function()
    local text, reason = metrics.text()
    if text then
      return { type = metrics.CONTENT_TYPE, body = text }
    end
    return { status = 503, headers = { ["Retry-After"] = "1" }, body = reason .. "\n" }
  end)
end

return metrics
