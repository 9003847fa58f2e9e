local fake_mesh = require "spec.support.fake_mesh"
local fake_relay = require "spec.support.fake_relay"

local ONE = ("1"):rep(64)

describe("relay.master.survey", function()
  local mesh, survey, seen

  before_each(function()
    local fake = fake_relay.install()
    mesh, seen = fake_mesh.new(fake.relay.null), {}
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
    local view = survey.open(mesh.tools, seen)
    assert.are.same({ garden = ONE, lane = "" }, view.nodes.master.open)
    assert.are.same({ 0, { "master" }, {} }, { view.asked, view.names, view.silent })
  end)

  it("has what others list, hashes in small letters", function()
    mesh:add("plain-p", { open = { garden = ("A"):rep(64), lobby = "" }, beside = { "master" } })
    mesh:add("node-a", { is_plain = false, open = { far = ONE } })
    local view = survey.open(mesh.tools, seen)
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
    local view = survey.open(mesh.tools, seen)
    assert.are.same({ ["plain-p"] = "it did not say whom it is linked with" }, view.silent)
    assert.are.equal(1, view.asked)
  end)

  it("calls those silent who answered within the last 45 seconds and are gone", function()
    mesh:add "plain-p"
    survey.open(mesh.tools, seen)
    mesh.nodes["plain-p"] = nil
    mesh.now = mesh.now + 44
    assert.are.same({ ["plain-p"] = "it is gone" }, survey.open(mesh.tools, seen).silent)
    mesh.now = mesh.now + 1
    assert.are.same({}, survey.open(mesh.tools, seen).silent)
    assert.is_nil(seen["plain-p"])
  end)

  it("asks nobody for reservations who gave no open channels", function()
    mesh:add("plain-p", { reserved = { garden = ONE } })
    mesh:add("plain-q", { is_silent = true })
    local view, taken = survey.open(mesh.tools, seen), {}
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
    local view = survey.open(mesh.tools, seen)
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
    survey.open(mesh.tools, seen)
    assert.are.equal(2, pauses)
  end)
end)
