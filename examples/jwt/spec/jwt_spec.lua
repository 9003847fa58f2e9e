-- What a token lets in. The secret goes into the policy by its settings, so no environment is needed.

local jwt = require "relay.jwt"
local client_auth = require "policies.client_auth"

local SECRET = ("s"):rep(32)
local NOON = 1700000000

local function connect(request)
  request.headers, request.query, request.time = request.headers or {}, request.query or "", NOON
  return client_auth.connect(request, { jwt_secret = SECRET })
end

local function token(claims, secret)
  return jwt.sign(claims, secret or SECRET)
end

describe("jwt", function()
  it("lets in who shows a token, in a header or the query, and knows its name", function()
    local good = token { sub = "alice", exp = NOON + 60, roles = { "editor" } }
    local allowed, identity = connect { headers = { authorization = "Bearer " .. good } }
    assert.is_true(allowed)
    assert.are.equal("alice", identity.user)
    assert.are.equal("editor", identity.roles[1])
    assert.is_true(connect { query = "token=" .. good })
    assert.is_true(connect { query = "a=1&token=" .. good .. "&b=2" })
  end)

  it("refuses who shows none", function()
    assert.are.same({ false, "a token is needed", 401 }, { connect {} })
    assert.are.same({ false, "a token is needed", 401 }, { connect { query = "xtoken=a.b.c" } })
  end)

  it("refuses a token that has ended, never ends, or was signed by somebody else", function()
    local bad = {
      ["expired token"] = token { exp = NOON },
      ["a token must end (exp)"] = token { sub = "a" },
      ["wrong signature"] = token({ exp = NOON + 60 }, ("x"):rep(32)),
    }
    for reason, text in pairs(bad) do
      assert.are.same({ false, reason, 401 }, { connect { query = "token=" .. text } })
    end
  end)

  it("says what is missing when the secret is", function()
    assert.has_error(function()
      client_auth.connect({ headers = {}, query = "", time = NOON }, {})
    end, "set JWT_SECRET (settings.jwt_secret of main.lua)")
  end)
end)

describe("jwt, on a node", function()
  local testkit = require "relay.testkit"
  local net

  before_each(function()
    net = testkit.network { "node-a" }
  end)

  after_each(function()
    net:close()
  end)

  if (os.getenv "JWT_SECRET" or "") ~= "" then
    it("lets in who shows a token of its secret", function()
      local good = token({ sub = "a", exp = 1e12 }, os.getenv "JWT_SECRET")
      assert(net:client("node-a", { query = "token=" .. good }))
      local client, reason, status = net:client("node-a", { query = "token=" .. good .. "A" })
      assert.are.same({ nil, "wrong signature", 401 }, { client, reason, status })
    end)
  else
    it("refuses everybody while JWT_SECRET is not set, and logs why", function()
      local client, _, status = net:client("node-a", { query = "token=a.b.c" })
      assert.is_nil(client)
      assert.are.equal(403, status)
      assert.are.equal(1, #net:log("node-a", "policy failed"))
    end)
  end
end)
