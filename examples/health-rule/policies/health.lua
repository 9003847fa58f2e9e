--- health.lua answers GET /health: the worst state whose rule holds; 503 for "bad", 200 otherwise.

return {
  rules = {
    {
      state = "degraded",
      reason = "nearly full",
      when = function(facts, settings)
        return facts.clients >= settings.clients_full * 0.6
      end,
    },
    {
      state = "bad",
      reason = "full",
      when = function(facts, settings)
        return facts.clients >= settings.clients_full
      end,
    },
    {
      state = "bad",
      reason = "about to stop",
      when = function(facts)
        return facts.draining
      end,
    },
  },
}
