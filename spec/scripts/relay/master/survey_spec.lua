local fake_mesh = require "spec.support.fake_mesh"
local fake_relay = require "spec.support.fake_relay"

local ONE = ("1"):rep(64)

describe("relay.master.survey", function()
  local mesh, survey, memory

  before_each(function()
    local fake = fake_relay.install()
    mesh = fake_mesh.new(fake.relay.null)
    survey = require "relay.master.survey"
    memory = survey.memory()
  end)
  after_each(fake_relay.remove)

  local function look(ends_at)
    mesh.asked = {}
    return survey.open(mesh.tools, memory, { ends_at = ends_at or math.huge, probes = 16 })
  end

  -- Names that a plain node says it is linked with.
  local function names(count, prefix)
    local list = {}
    for number = 1, count do
      list[number] = prefix .. number
    end
    return list
  end

  -- How many nodes whose names begin so were asked.
  local function asked_of(prefix)
    local count = 0
    for _, text in ipairs(mesh.asked) do
      count = count + (text:sub(1, #prefix) == prefix and text:find "list%-channels" and 1 or 0)
    end
    return count
  end

  it("has this node's own channels, but those that stay on it", function()
    mesh.tools.channels = function()
      return {
        { name = "garden", password = ONE, scope = "network" },
        { name = "shed", scope = "node" },
        { name = "lane", scope = "list" },
      }
    end
    local view = look()
    assert.are.same({ garden = ONE, lane = "" }, view.nodes.master.open)
    assert.are.same({ 0, { "master" }, {} }, { view.asked, view.names, view.silent })
  end)

  it("has what others list, hashes in small letters", function()
    mesh:add("plain-p", { open = { garden = ("A"):rep(64), lobby = "" }, beside = { "master" } })
    mesh:add("node-a", { is_plain = false, open = { far = ONE } })
    local view = look()
    assert.are.same({ "master", "node-a", "plain-p" }, view.names)
    assert.are.same({ garden = ("a"):rep(64), lobby = "" }, view.nodes["plain-p"].open)
    assert.are.same({ "master" }, view.nodes["plain-p"].beside)
    assert.are.same({ far = ONE }, view.nodes["node-a"].open)
    local asked = {}
    for _, text in ipairs(mesh.asked) do
      asked[text] = true
    end
    assert.is_nil(asked["node-a list-nodes"])
  end)

  it("calls those silent who did not say whom they are linked with", function()
    mesh:add("plain-p", { beside = 5 })
    local view = look()
    assert.are.same({ ["plain-p"] = "it did not say whom it is linked with" }, view.silent)
    assert.are.equal(1, view.asked)
  end)

  it("calls those silent who answered within the last 45 seconds and are gone", function()
    mesh:add "plain-p"
    look()
    mesh.nodes["plain-p"] = nil
    mesh.now = mesh.now + 44
    assert.are.same({ ["plain-p"] = "it is gone" }, look().silent)
    mesh.now = mesh.now + 1
    assert.are.same({}, look().silent)
    assert.is_nil(memory.seen["plain-p"])
  end)

  it("asks nobody for reservations who gave no open channels", function()
    mesh:add("plain-p", { reserved = { garden = ONE } })
    mesh:add("plain-q", { is_silent = true })
    local view, taken = look(), {}
    mesh.asked = {}
    survey.reserved(mesh.tools, view, { ends_at = math.huge }, function(node, reserved)
      taken[node] = reserved
    end)
    assert.are.same({ ["plain-p"] = { garden = ONE } }, taken)
    assert.are.same({ "plain-p list-reserved-channels" }, mesh.asked)
  end)

  it("calls those silent who do not answer the second question", function()
    mesh:add("plain-p", {
      answer = function(data)
        if data.command == "list-reserved-channels" then
          return nil, "no route"
        end
      end,
    })
    local view = look()
    survey.reserved(mesh.tools, view, { ends_at = math.huge }, error)
    assert.are.same({ ["plain-p"] = "no route" }, view.silent)
  end)

  it("pauses in long lists", function()
    local pauses, open = 0, {}
    for number = 1, 1200 do
      open["channel " .. number] = ONE
    end
    mesh:add("plain-p", { open = open })
    mesh.tools.sleep = function(seconds)
      assert.are.equal(0, seconds)
      pauses = pauses + 1
    end
    look()
    assert.are.equal(2, pauses)
  end)

  describe("of a peer that names nodes which do not exist", function()
    it("asks for a few of them, and for those more rarely when they are silent", function()
      mesh:add("liar", { beside = names(40, "fake ") })
      local view = look()
      assert.are.equal(16, asked_of "fake ")
      assert.are.equal("timed out", view.silent["fake 1"])
      assert.are.equal("it was not asked", view.silent["fake 40"])
      look()
      assert.are.equal(16, asked_of "fake ")
      view = look()
      assert.are.equal(8, asked_of "fake ")
      assert.are.equal("it never answered", view.silent["fake 1"])
      view = look()
      assert.are.equal(0, asked_of "fake ")
      assert.are.equal(41, view.asked)
      local times = 0
      for _ = 1, 3600 // 15 do
        mesh.now = mesh.now + 15
        look()
        times = times + asked_of "fake 1 "
      end
      assert.is_true(times >= 12 and times <= 18, times)
    end)

    it("forgets them when they are not named any more", function()
      local liar = mesh:add("liar", { beside = names(16, "fake ") })
      look()
      liar.beside = {}
      look()
      assert.are.same({}, memory.mute)
    end)

    it("believes 64 of it and 256 in all, and calls whoever names more silent", function()
      mesh:add("liar", { beside = names(5000, "fake ") })
      assert.are.equal(65, look().asked)
      local view = look()
      assert.are.equal("it names more nodes than are asked", view.silent.liar)
      assert.is_table(view.nodes.liar)
      for number = 1, 9 do
        mesh:add("liar " .. number, { beside = names(40, number .. " fake ") })
      end
      assert.are.equal(10 + 256, look().asked)
    end)

    it("asks for none of them when it has left", function()
      local liar = mesh:add("liar", { beside = names(40, "fake ") })
      mesh.after = function(node)
        liar.is_known = liar.is_known and node ~= "liar"
      end
      look()
      assert.are.equal(0, asked_of "fake ")
    end)

    it("asks those first that have answered before", function()
      mesh:add("z real", { is_known = false })
      local liar = mesh:add("liar", { beside = { "z real" } })
      look()
      liar.beside = names(30, "fake ")
      table.insert(liar.beside, "z real")
      assert.is_table(look().nodes["z real"])
      assert.are.equal("z real list-channels", mesh.asked[3])
    end)
  end)

  it("asks nobody when its time is over, and calls them silent", function()
    mesh:add "plain-p"
    assert.are.same({ ["plain-p"] = "it was not asked" }, look(mesh.now).silent)
    assert.are.same({}, mesh.asked)
    local view = look(mesh.now + 1)
    survey.reserved(mesh.tools, view, { ends_at = mesh.now }, error)
    assert.are.same({ ["plain-p"] = "it was not asked" }, view.silent)
  end)

  it("asks those first that answered before, of the nodes that the mesh knows", function()
    mesh:add "plain-p"
    look()
    mesh:add "a-new"
    look()
    assert.are.equal("plain-p list-channels", mesh.asked[1])
  end)
end)
