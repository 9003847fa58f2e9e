local fake_mesh = require "spec.support.fake_mesh"
local fake_relay = require "spec.support.fake_relay"

local ONE = ("1"):rep(64)

describe("relay.master.survey", function()
  local mesh, survey, seen, doubts

  before_each(function()
    local fake = fake_relay.install()
    mesh, seen, doubts = fake_mesh.new(fake.relay.null), {}, {}
    survey = require "relay.master.survey"
  end)
  after_each(fake_relay.remove)

  it("has this node's own channels, but those that stay on it", function()
    mesh.tools.channels = function()
      return {
        { name = "garden", password = ONE, scope = "network" },
        { name = "shed", scope = "node" },
        { name = "lane", scope = "list" },
      }
    end
    local view = survey.open(mesh.tools, seen, doubts)
    assert.are.same({ garden = ONE, lane = "" }, view.nodes.master.open)
    assert.are.same({ 0, { "master" }, {} }, { view.asked, view.names, view.silent })
  end)

  it("has what others list, hashes in small letters", function()
    mesh:add("plain-p", { open = { garden = ("A"):rep(64), lobby = "" }, beside = { "master" } })
    mesh:add("node-a", { is_plain = false, open = { far = ONE } })
    local view = survey.open(mesh.tools, seen, doubts)
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
    local view = survey.open(mesh.tools, seen, doubts)
    assert.are.same({ ["plain-p"] = "it did not say whom it is linked with" }, view.silent)
    assert.are.equal(1, view.asked)
  end)

  it("calls those silent who answered within the last 45 seconds and are gone", function()
    mesh:add "plain-p"
    survey.open(mesh.tools, seen, doubts)
    mesh.nodes["plain-p"] = nil
    mesh.now = mesh.now + 44
    assert.are.same({ ["plain-p"] = "it is gone" }, survey.open(mesh.tools, seen, doubts).silent)
    mesh.now = mesh.now + 1
    assert.are.same({}, survey.open(mesh.tools, seen, doubts).silent)
    assert.is_nil(seen["plain-p"])
  end)

  it("asks nobody for reservations who gave no open channels", function()
    mesh:add("plain-p", { reserved = { garden = ONE } })
    mesh:add("plain-q", { is_silent = true })
    local view, taken = survey.open(mesh.tools, seen, doubts), {}
    mesh.asked = {}
    survey.reserved(mesh.tools, view, function(node, reserved)
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
    local view = survey.open(mesh.tools, seen, doubts)
    survey.reserved(mesh.tools, view, error)
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
    survey.open(mesh.tools, seen, doubts)
    assert.are.equal(2, pauses)
  end)

  local function named(count)
    local names = {}
    for index = 1, count do
      names[index] = ("ghost-%d"):format(index)
    end
    return names
  end

  local function asked(command)
    local count = 0
    for _, text in ipairs(mesh.asked) do
      count = count + (text:find("^ghost.* " .. command .. "$") and 1 or 0)
    end
    mesh.asked = {}
    return count
  end

  it("believes a plain node 64 names, and knows then that it does not know all", function()
    mesh:add("liar", { beside = named(64) })
    assert.is_nil(survey.open(mesh.tools, seen, doubts).silent.liar)
    assert.are.equal(64, asked "list%-channels")
    mesh.nodes.liar.beside = named(5000)
    doubts = {}
    local view = survey.open(mesh.tools, seen, doubts)
    assert.are.equal("it names too many peers", view.silent.liar)
    assert.are.equal(64, asked "list%-channels")
    assert.is_not_nil(view.nodes.liar)
  end)

  it("asks those who never answer ever more rarely, and forgets them with who named them", function()
    mesh:add("liar", { beside = named(3) })
    for _, wait in ipairs { 30, 60, 120, 240, 480, 600, 600 } do
      survey.open(mesh.tools, seen, doubts)
      assert.are.equal(3, asked "list%-channels")
      mesh.now = mesh.now + wait - 1
      local view = survey.open(mesh.tools, seen, doubts)
      assert.are.equal(0, asked "list%-channels")
      assert.are.equal("it was not asked", view.silent["ghost-1"])
      mesh.now = mesh.now + 1
    end
    mesh.nodes.liar = nil
    survey.open(mesh.tools, seen, doubts)
    assert.are.same({}, doubts)
  end)

  it("has ten seconds for all who were only named", function()
    mesh:add("liar", { beside = named(64) })
    local request = mesh.tools.request
    mesh.tools.request = function(node, ...)
      mesh.now = mesh.now + (node:find "^ghost" and 3 or 0)
      return request(node, ...)
    end
    local view = survey.open(mesh.tools, seen, doubts)
    assert.is_true(asked "list%-channels" < 10)
    assert.are.equal("it was not asked", view.silent["ghost-64"])
  end)
end)
