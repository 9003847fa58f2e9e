local relay = require "relay"

relay.node { region = "us" }

-- Lies to whoever asks for statistics.
relay.command("lie", function(request)
  relay.command("node-stats", function()
    return request.data.lie
  end)
end)
