local back_off = require "relay.back_off"

describe("relay.back_off", function()
  it("doubles the rounds with each failure, up to twenty", function()
    local lost, round, waited = {}, 1, {}
    for failure = 1, 8 do
      back_off.failed(lost, "b", round)
      local failed_in = round
      while not back_off.is_due(lost, "b", round) do
        round = round + 1
      end
      waited[failure] = round - failed_in
    end
    assert.are.same({ 1, 2, 4, 8, 16, 20, 20, 20 }, waited)
  end)

  it("forgets the failures of a node that was reached", function()
    local lost = {}
    assert.is_true(back_off.is_due(lost, "b", 1))
    back_off.failed(lost, "b", 1)
    assert.is_false(back_off.is_due(lost, "b", 1))
    back_off.reached(lost, "b")
    assert.is_true(back_off.is_due(lost, "b", 1))
    assert.are.same({}, lost)
  end)
end)
