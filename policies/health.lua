--- health.lua decides what GET /health says.
--
-- Asked when somebody looks, at most once a second. Every rule whose `when` answers true holds; the
-- worst state wins ("bad" over "degraded" over "good"), and of one state the first rule in this
-- order. When no rule holds the node is good, and healthy. "good" and "degraded" answer with HTTP
-- status 200, "bad" with 503.
--
-- When a rule raises an error, runs too long or answers neither true nor false, the last state stands.

---@type relay.policy.health
local health = {}

-- What facts holds:
--   clients           connected clients
--   channels          open channels
--   connections       all of them, clients and peers
--   peers             linked peers
--   peers_configured  peers that main.lua names
--   latency_ms        of the slowest peer; 0 without peers
--   latency_limit_ms  health.latency_ms of main.lua
--   draining          the node is about to stop

-- A rule is { state =, reason =, when = function(facts, settings) }.
health.rules = {
  {
    -- Cut off from the network. A node that is meant to be alone has no peers configured.
    state = "degraded",
    reason = "no peers",
    when = function(facts)
      return facts.peers_configured > 0 and facts.peers == 0
    end,
  },
  {
    -- A mistake in the clients, perhaps: they are here and do nothing.
    state = "degraded",
    reason = "clients no channels",
    when = function(facts)
      return facts.clients > 3 and facts.channels == 0
    end,
  },
  {
    state = "degraded",
    reason = "high latency",
    when = function(facts)
      return facts.latency_ms > facts.latency_limit_ms
    end,
  },
  {
    -- Cannot be: a channel closes with its last client. Restart the node.
    state = "bad",
    reason = "channels no clients",
    when = function(facts)
      return facts.clients == 0 and facts.channels > 0
    end,
  },
}

return health
