local side_by_side = require "relay.master.side_by_side"

-- Handlers as coroutines, resumed in turn; a sleep is a turn.
local function scheduler()
  local waiting = {}
  local function add(handler)
    waiting[#waiting + 1] = coroutine.create(handler)
  end
  local function run()
    for _ = 1, 1000 do
      local thread = table.remove(waiting, 1)
      if not thread then
        return
      end
      local ok = coroutine.resume(thread)
      if ok and coroutine.status(thread) ~= "dead" then
        waiting[#waiting + 1] = thread
      end
    end
    error "it never ends"
  end
  return add, run, { spawn = add, sleep = coroutine.yield }
end

describe("relay.master.side_by_side", function()
  local function done_with(width, list, work)
    local add, run, tools = scheduler()
    local is_done = false
    add(function()
      side_by_side.each(list, width, work, tools)
      is_done = true
    end)
    run()
    return is_done
  end

  it("does all, so many at a time, and waits for the last", function()
    local running, most, done = 0, 0, {}
    assert.is_true(done_with(3, { 1, 2, 3, 4, 5, 6, 7 }, function(item)
      running = running + 1
      most = math.max(most, running)
      for _ = 1, item do
        coroutine.yield()
      end
      running = running - 1
      done[#done + 1] = item
    end))
    table.sort(done)
    assert.are.same({ 1, 2, 3, 4, 5, 6, 7 }, done)
    assert.are.equal(3, most)
    assert.are.equal(0, running)
  end)

  it("does what is appended meanwhile", function()
    local list, done = { 1 }, 0
    assert.is_true(done_with(4, list, function(item)
      coroutine.yield()
      done = done + 1
      if item < 5 then
        list[#list + 1] = item + 1
      end
    end))
    assert.are.equal(5, done)
  end)

  it("does one after the other where no handler may begin", function()
    local done = 0
    side_by_side.each({ 1, 2, 3 }, 8, function()
      done = done + 1
    end, {
      spawn = function()
        error "an older generation"
      end,
      sleep = error,
    })
    assert.are.equal(3, done)
  end)

  it("does the others when one fails, and raises the first failure", function()
    local done = 0
    local add, run, tools = scheduler()
    local ok, message
    add(function()
      ok, message = pcall(side_by_side.each, { 1, 2, 3, 4 }, 2, function(item)
        coroutine.yield()
        done = done + 1
        error("broken " .. item, 0)
      end, tools)
    end)
    run()
    assert.are.equal(4, done)
    assert.are.same({ false, "broken 1" }, { ok, message })
  end)

  it("has nothing to do for an empty list", function()
    side_by_side.each({}, 8, error, { spawn = error, sleep = error })
  end)
end)
