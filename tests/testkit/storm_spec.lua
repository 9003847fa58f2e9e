local testkit = require "relay.testkit"

local NAMES = { "node-a", "node-b", "node-c", "node-d" }
local RING = {
  { "node-a", "node-b" },
  { "node-b", "node-c" },
  { "node-c", "node-d" },
  { "node-d", "node-a" },
}
local STEPS = 150

-- A sequence of calls that follows from its seed.
local function storm(seed)
  local state = seed
  local function dice(sides)
    state = (state * 1103515245 + 12345) % 2147483648
    return state // 65536 % sides + 1
  end
  local net = testkit.network {
    "node-a", "node-b", "node-c", "node-d",
    links = RING,
    main = "tests/testkit/node/main.lua",
    seed = seed,
  }
  local clients = {}
  local function any()
    return clients[dice(math.max(#clients, 1))]
  end
  local acts = {
    function(node)
      if net:is_alive(node) then
        net:crash(node)
      else
        net:start(node)
      end
    end,
    function(node)
      net:partition({ node }, { NAMES[dice(4)] })
    end,
    function()
      net:heal()
    end,
    function(node)
      net:cut(node, NAMES[dice(4)])
    end,
    function(node)
      return net:is_alive(node) and net:reload(node)
    end,
    function(node)
      return net:is_alive(node) and net:request(node, "nobody", { command = "list-nodes" }, 0.2)
    end,
    function(node)
      return net:is_alive(node) and net:broadcast(node, { command = "clock" }, 0.5)
    end,
    function(node)
      if net:is_alive(node) then
        clients[#clients + 1] = net:client(node)
      end
    end,
    function()
      return any() and any():subscribe("c" .. dice(3), dice(2) == 1 and "p" .. dice(2) or nil)
    end,
    function()
      return any() and any():send("c" .. dice(3), "hi")
    end,
    function()
      return any() and dice(4) == 1 and any():close()
    end,
    function()
      net:advance(dice(50) / 10)
    end,
  }
  for _ = 1, STEPS do
    acts[dice(#acts)](NAMES[dice(4)])
  end
  return net
end

describe("any order of calls", function()
  for seed = 1, 8 do
    it("leaves a network that comes to rest, seed " .. seed, function()
      local net = storm(seed)
      net:heal()
      for _, name in ipairs(NAMES) do
        if not net:is_alive(name) then
          net:start(name)
        end
      end
      assert.same({ true }, { net:settle(180) })
      local alice, bob = net:client "node-a", net:client "node-c"
      assert.same({ ok = true }, alice:subscribe "fresh")
      assert.same({ ok = true }, bob:subscribe "fresh")
      net:advance(1)
      assert.same({ ok = true }, alice:send("fresh", seed))
      assert.same({ channel = "fresh", message = seed }, bob:receive())
    end)
  end
end)
