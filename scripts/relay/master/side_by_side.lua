--- side_by_side.lua: does one thing for each of a list, some of them at a time, and waits for all.

local side_by_side = {}

local LOOK_SECONDS = 0.02

---@class relay.SideBySide
---@field spawn fun(handler: fun()) begins a handler of its own
---@field sleep fun(seconds: number)

--- Waits. `work` may wait, and may append to the list; what it raises is raised at the end, the first of it.
--- In a generation that has been replaced no handler begins, so that one item comes after the other there.
---@generic T
---@param list T[]
---@param width integer
---@param work fun(item: T)
---@param tools relay.SideBySide
function side_by_side.each(list, width, work, tools)
  local last, running, problem = 0, 0, nil

  local function go_on()
    running = running + 1
    local _ <close> = setmetatable({}, {
      __close = function()
        running = running - 1
      end,
    })
    while last < #list do
      last = last + 1
      local ok, message = pcall(work, list[last])
      problem = problem or not ok and { message } or nil
    end
  end

  for _ = 2, math.min(width, #list) do
    pcall(tools.spawn, go_on)
  end
  go_on()
  while running > 0 do
    tools.sleep(LOOK_SECONDS)
  end
  if problem then
    error(problem[1], 0)
  end
end

return side_by_side
