--- pages.lua: makes of the annotations in docs/api, which are for editors, comments that LDoc reads.
--
-- docs/pages runs both.
--
-- A stub is blocks of lines that begin with ---; what follows a block is what it is about.

local pages = {}

-- The type at the beginning of a text, which ends at a space outside of brackets and behind no comma or bar.
local function split_type(text)
  local depth, at = 0, 1
  while at <= #text do
    local char = text:sub(at, at)
    if char:find "[%(%[{<]" then
      depth = depth + 1
    elseif char:find "[%)%]}>]" then
      depth = depth - 1
    elseif char == " " and depth == 0 and not text:sub(1, at - 1):find "[:,|]$" then
      break
    end
    at = at + 1
  end
  return text:sub(1, at - 1), (text:sub(at):gsub("^%s*#?%s*", ""))
end

-- "name (`type`) the rest"
local function described(name, text)
  local type, rest = split_type(text)
  local bare, optional = name:match "^(.-)(%??)$"
  return ("%s (`%s%s`) %s"):format(bare, type, optional, rest)
end

-- A block: { text = lines, tags = { { tag, text } … }, subject = the line behind it }.
local function blocks_of(source)
  local blocks, block = {}, nil
  for line in (source .. "\n\n"):gmatch "(.-)\n" do
    local tag, rest = line:match "^%-%-%-@(%w+)%s*(.*)$"
    local text = line:match "^%-%-%-? ?(.*)$"
    if not block and line:find "^%-%-%-" then
      block = { text = {}, tags = {} }
      blocks[#blocks + 1] = block
    end
    if block and tag then
      block.tags[#block.tags + 1] = { tag, rest }
    elseif block and text and #block.tags > 0 and line:find "^%-%-%-" then
      local last = block.tags[#block.tags] -- goes on: an alias' values, a field's second line
      last[2] = last[2] .. " " .. text:gsub("^|", ""):gsub("^%s+", "")
    elseif block and text then
      block.text[#block.text + 1] = text
    elseif block then
      block.subject, block = line, nil
    end
  end
  return blocks
end

local function first_tag(block, wanted)
  for _, tag in ipairs(block.tags) do
    if tag[1] == wanted then
      return tag[2]
    end
  end
end

-- LDoc's Markdown has no tables: they stand as they are written.
local function comment(lines, text, tags)
  lines[#lines + 1] = "--- " .. (text[1] or tags.title or "")
  for index = 2, #text do
    lines[#lines + 1] = "-- " .. text[index]:gsub("^|", "    |")
  end
  for _, tag in ipairs(tags) do
    lines[#lines + 1] = "-- " .. tag
  end
  lines[#lines + 1] = ""
end

local function add_function(lines, block, name)
  local tags = { "@function " .. name }
  for _, tag in ipairs(block.tags) do
    local argument, text = tag[2]:match "^(%S+)%s+(.*)$"
    if tag[1] == "param" then
      tags[#tags + 1] = "@param " .. described(argument, text)
    elseif tag[1] == "return" then
      local type, rest = split_type(tag[2])
      tags[#tags + 1] = ("@return (`%s`) %s"):format(type, rest)
    end
  end
  comment(lines, block.text, tags)
end

local function add_table(lines, block, name)
  local tags = { "@table " .. name, title = name .. "." }
  for _, tag in ipairs(block.tags) do
    local field, text = tag[2]:match "^(%b[])%s+(.*)$"
    if not field then
      field, text = tag[2]:match "^(%S+)%s+(.*)$"
    end
    if tag[1] == "field" then
      tags[#tags + 1] = "@field " .. described(field:gsub("[%[%]]", ""), text)
    end
  end
  comment(lines, block.text, tags)
end

-- "fun(…)" and the values of an alias, as a table without fields.
local function add_alias(lines, alias)
  local name, text = alias:match "^(%S+)%s*(.*)$"
  comment(lines, { ("%s: `%s`"):format(name, text) }, { "@table " .. name })
end

--- The source for LDoc of one stub.
---@param source string
---@param name string of the file, without .lua
---@return string
function pages.convert(source, name)
  local lines = {}
  local module = source:match "^%-%-%-@meta (%S+)" or name
  source = source:gsub("^%-%-%-@meta[^\n]*\n", ""):gsub("^%-%- luacheck:[^\n]*\n", "")
  for index, block in ipairs(blocks_of(source)) do
    local subject = block.subject or ""
    local class, alias = first_tag(block, "class"), first_tag(block, "alias")
    local method, field = subject:match "^function ([%w_.:]+)", subject:match "^([%w_]+%.[%w_]+) ="
    if index == 1 then
      comment(lines, block.text, { "@module " .. module })
    elseif alias then
      add_alias(lines, alias)
    elseif class and first_tag(block, "field") then
      add_table(lines, block, class:match "^%S+")
    elseif method then
      add_function(lines, block, method:gsub("^[%l_]+%.", ""))
    elseif field then
      comment(lines, block.text, { "@field " .. field:gsub("^[%l_]+%.", "") .. " " .. (block.text[1] or "") })
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  assert(file:close())
end

-- Those of docs/api that are no stub are left out.
function pages.main(from, to)
  for _, name in ipairs { "config", "http", "json", "jwt", "policies", "relay", "testkit" } do
    write(("%s/%s.lua"):format(to, name), pages.convert(read(("%s/%s.lua"):format(from, name)), name))
  end
end

if arg and arg[0] and arg[0]:find "pages%.lua$" then
  pages.main(arg[1], arg[2])
end

return pages
