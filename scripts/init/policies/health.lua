--- What GET /health says: the worst of the rules that hold, "bad" over "degraded" over "good".
--
-- Without `rules` here the installed ones hold (no peers, clients without channels, high latency).
-- Yours replace all of them; `facts` has clients, channels, connections, peers, peers_configured,
-- latency_ms, latency_limit_ms and draining.

local health = {}

-- health.rules = {
--   {
--     state = "degraded",
--     reason = "too many clients",
--     when = function(facts)
--       return facts.clients > 50000
--     end,
--   },
-- }

return health
