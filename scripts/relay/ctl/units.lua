--- units.lua: durations and sizes, short, for people.

local units = {}

--- "3d 4h", "2m 5s", "8s": the two largest units.
---@param seconds number
---@return string
function units.duration(seconds)
  local whole = math.floor(seconds)
  if whole < 60 then
    return ("%ds"):format(whole)
  elseif whole < 3600 then
    return ("%dm %ds"):format(whole // 60, whole % 60)
  elseif whole < 86400 then
    return ("%dh %dm"):format(whole // 3600, whole % 3600 // 60)
  end
  return ("%dd %dh"):format(whole // 86400, whole % 86400 // 3600)
end

--- "512 B", "1.5 KiB", "20.0 MiB".
---@param count integer
---@return string
function units.bytes(count)
  if count < 1024 then
    return ("%d B"):format(count)
  end
  local value, unit = count / 1024, "KiB"
  for _, larger in ipairs { "MiB", "GiB", "TiB" } do
    if value < 1024 then
      break
    end
    value, unit = value / 1024, larger
  end
  return ("%.1f %s"):format(value, unit)
end

--- "0.35 ms"; nil stays nil.
---@param ms number?
---@return string?
function units.ms(ms)
  return ms and ("%.2f ms"):format(ms)
end

return units
