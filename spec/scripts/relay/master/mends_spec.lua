local fake_mesh = require "spec.support.fake_mesh"
local fake_relay = require "spec.support.fake_relay"

local ONE, TWO = ("1"):rep(64), ("2"):rep(64)

describe("relay.master.mends", function()
  local mesh, mends, a, p

  before_each(function()
    local fake = fake_relay.install()
    mesh = fake_mesh.new(fake.relay.null)
    mends = require "relay.master.mends"
    a = mesh:add("node-a", { is_plain = false })
    p = mesh:add "plain-p"
  end)
  after_each(fake_relay.remove)

  local function mend(kind, given)
    local one = { kind = kind, node = "plain-p", channel = "garden", hash = ONE, had = "" }
    for key, value in pairs(given or {}) do
      one[key] = value
    end
    return mends.mend(mesh.tools, one)
  end

  -- What happens in the network right after, or before, a node answers a command.
  local function when(moment, command, happens)
    mesh[moment] = function(_, data)
      if data.command == command then
        mesh[moment] = nil
        happens()
      end
    end
  end

  describe("what is missing", function()
    it("is left alone when the name was freed since", function()
      assert.is_nil(mend("missing", { owner = "node-a" }))
      assert.are.same({}, mesh.asked)
    end)

    it("is left alone when the name was opened with another password since", function()
      mesh:claim("garden", "node-a", TWO)
      assert.is_nil(mend("missing", { owner = "node-a" }))
      assert.is_nil(mend("missing", { on = "plain-p" }))
      assert.are.same({}, mesh.asked)
    end)

    it("is left alone while somebody opens the name", function()
      mesh:claim("garden", "node-a", ONE, "tentative")
      assert.is_nil(mend("missing", { on = "plain-p" }))
      assert.are.same({}, mesh.asked)
    end)

    it("is taken back when the name is freed meanwhile", function()
      mesh:claim("garden", "node-a", ONE)
      when("before", "reserve-channel", function()
        mesh.claims.garden = nil
      end)
      assert.is_nil(mend("missing", { owner = "node-a" }))
      assert.are.same({}, p.reserved)
    end)

    it("stays as it is when the node opened the name itself meanwhile", function()
      mesh:claim("garden", "node-a", ONE)
      when("before", "reserve-channel", function()
        p.open.garden = TWO
      end)
      assert.is_nil(mend("missing", { owner = "node-a" }))
      assert.are.same({ garden = TWO }, p.open)
      assert.are.same({}, p.reserved)
    end)

    it("is reserved where only plain nodes have the name open", function()
      local text = mend("missing", { on = "plain-q" })
      assert.are.equal("reserved 'garden', which is open on plain-q", text)
      assert.are.same({ garden = ONE }, p.reserved)
    end)
  end)

  describe("an orphan", function()
    before_each(function()
      p.reserved.garden = ONE
    end)

    for _, state in ipairs { "open", "tentative" } do
      it("is none when somebody has it " .. state, function()
        mesh:claim("garden", "node-a", ONE, state)
        assert.is_nil(mend("orphan", { hash = "", had = ONE }))
        assert.are.same({}, mesh.asked)
      end)
    end

    it("that is opened meanwhile is reserved again at once, with its new password", function()
      when("before", "unreserve-channel", function()
        mesh:claim("garden", "node-a", TWO)
      end)
      assert.is_nil(mend("orphan", { hash = "", had = ONE }))
      assert.are.same({ garden = TWO }, p.reserved)
    end)

    it("that is voted on meanwhile is left to the one who opens it", function()
      when("before", "unreserve-channel", function()
        mesh:claim("garden", "node-a", TWO, "tentative")
      end)
      assert.is_nil(mend("orphan", { hash = "", had = ONE }))
      assert.are.equal(1, #mesh.asked)
    end)

    it("that the node has open itself is reserved again, as the notes want it", function()
      when("before", "unreserve-channel", function()
        p.open.garden, p.reserved.garden = ONE, nil
      end)
      assert.is_nil(mend("orphan", { hash = "", had = ONE }))
      local reserved_again = "plain-p reserve-channel garden " .. ONE
      assert.are.same({ "plain-p unreserve-channel garden", reserved_again }, mesh.asked)
    end)

    it("stays where nobody answers", function()
      p.is_silent = true
      assert.is_nil(mend("orphan", { hash = "", had = ONE }))
      assert.are.equal(1, #mesh.asked)
    end)
  end)

  describe("a wrong password", function()
    before_each(function()
      p.reserved.garden = TWO
      mesh:claim("garden", "node-a", ONE)
    end)

    it("is freed and no more when the name is freed meanwhile", function()
      when("before", "unreserve-channel", function()
        mesh.claims.garden = nil
      end)
      assert.is_nil(mend("wrong", { had = TWO, owner = "node-a" }))
      assert.are.same({}, p.reserved)
    end)

    it("of a name that the node opened meanwhile stays", function()
      when("before", "unreserve-channel", function()
        p.open.garden, p.reserved.garden = TWO, nil
      end)
      assert.is_nil(mend("wrong", { had = TWO, owner = "node-a" }))
      assert.are.same({ garden = TWO }, p.open)
    end)

    it("stays when the name changed hands since", function()
      mesh:claim("garden", "node-a", TWO)
      assert.is_nil(mend("wrong", { had = TWO, owner = "node-a" }))
      assert.are.same({}, mesh.asked)
    end)
  end)

  describe("what nobody stands for", function()
    it("is left alone once it is claimed", function()
      mesh:claim("garden", "node-a", ONE)
      assert.is_nil(mend("unheld", { node = "node-a", on = "plain-p" }))
      assert.are.same({}, mesh.asked)
    end)

    it("is not mended when no claim comes", function()
      assert.is_nil(mend("unheld", { node = "node-a", on = "plain-p" }))
      a.is_silent = true
      assert.is_nil(mend("unheld", { node = "node-a", on = "plain-p" }))
    end)
  end)

  describe("a claim to what is open nowhere", function()
    it("of which nothing is left, or which is another's now, is left alone", function()
      assert.is_nil(mend("hollow", { node = "node-a" }))
      mesh:claim("garden", "node-b", ONE)
      assert.is_nil(mend("hollow", { node = "node-a" }))
      assert.are.same({}, mesh.asked)
    end)

    it("that its owner means is told so", function()
      mesh:claim("garden", "node-a", ONE)
      a.open.garden = ONE
      local text, is_meant = mend("hollow", { node = "node-a" })
      assert.are.same({ nil, true }, { text, is_meant })
    end)

    it("that stays though its owner said ok is not mended", function()
      mesh:claim("garden", "node-a", ONE)
      assert.is_nil(mend("hollow", { node = "node-a" }))
    end)
  end)
end)
