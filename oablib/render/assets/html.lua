-- How a report looks as HTML: code and long tables fold, rows of wide tables stack on a telephone,
-- exhibits can be taken along, and each has a link to the same in the other language.

local LONG = 20 -- rows; a table of more is folded
local MOST = 12 -- columns; rows of a table of more are too far apart when stacked
local FITTING = 34 -- characters that fit beside each other on a telephone, with a gap for each column
local GAP = 2 -- characters between columns
local words, elsewhere = {}, nil
local count = { fig = 0, tbl = 0 }

local function said(text, ...)
  local values = { ... }
  local index = 0
  return (text:gsub("%%s", function()
    index = index + 1
    return values[index]
  end))
end

local function files(label)
  return label:match("^fig") and { "png", "csv", "xlsx" } or { "csv", "xlsx" }
end

local function text(characters)
  return (characters:gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

local function to_other_language(stem, label, kind)
  local target = ("%s%s.html#%s"):format(elsewhere.way, stem, label)
  local name = said(elsewhere[kind == "fig" and "figure" or "table"], tostring(count[kind]))
  return ('<a class="elsewhere" href="%s" lang="%s" hreflang="%s" aria-label="%s">%s</a>'):format(
    target, elsewhere.code, elsewhere.code, text(name), elsewhere.code:upper())
end

-- Links to the files of an exhibit, and to the exhibit in the other language.
local function ways_out(stem, block)
  local kind = block.identifier:match("^%a+")
  count[kind] = count[kind] + 1
  local number = said(words[kind == "fig" and "figure" or "table"], tostring(count[kind]))
  local links = pandoc.List()
  for _, suffix in ipairs(files(block.identifier)) do
    local path = "downloads/" .. stem .. "/" .. block.identifier .. "." .. suffix
    local name = said(words.as_file, number, suffix:upper())
    links:insert(('<a href="%s" download aria-label="%s">%s</a>'):format(path, text(name), suffix:upper()))
  end
  if elsewhere then
    links:insert(to_other_language(stem, block.identifier, kind))
  end
  return pandoc.RawBlock("html", '<p class="get">' .. table.concat(links, " ") .. "</p>")
end

local function folded(class, summary, content)
  local blocks = pandoc.Blocks({
    pandoc.RawBlock("html", ('<details class="%s"><summary>%s</summary>'):format(class, summary)),
  })
  blocks:extend(content)
  blocks:insert(pandoc.RawBlock("html", "</details>"))
  return blocks
end

-- Attributes as a list: of a table without numbers Lua goes through the names in any order.
local function named_group(name)
  return { { "tabindex", "0" }, { "role", "group" }, { "aria-label", name } }
end

local function cells_of(content)
  local rows = pandoc.List()
  for _, body in ipairs(content.bodies) do
    for _, row in ipairs(body.body) do
      rows:insert(row.cells)
    end
  end
  return rows
end

local function longest_word(cell)
  local length = 0
  for word in pandoc.utils.stringify(cell.contents):gmatch("%S+") do
    length = math.max(length, utf8.len(word) or #word)
  end
  return length
end

-- Whether the columns fit beside each other on a telephone: by the longest word of each.
local function is_narrow(head, rows)
  local widest = {}
  for _, cells in ipairs(pandoc.List({ head }) .. rows) do
    for column, cell in ipairs(cells) do
      widest[column] = math.max(widest[column] or 0, longest_word(cell))
    end
  end
  local sum = 0
  for _, width in ipairs(widest) do
    sum = sum + width + GAP
  end
  return sum <= FITTING
end

-- Each cell gets the heading of its column, which a style shows where rows are stacked; the name of
-- a row stands by itself.
local function labelled(head, rows)
  for _, cells in ipairs(rows) do
    for column, cell in ipairs(cells) do
      if head[column] and cell.attr.attributes.scope ~= "row" then
        cell.attr.attributes["data-label"] = pandoc.utils.stringify(head[column].contents)
      end
    end
  end
end

local function hint()
  return pandoc.RawBlock("html", '<p class="hint">' .. text(words["wide"]) .. "</p>")
end

-- Who has no mouse scrolls what can be focused.
local function scrolling(content)
  local head = content.head.rows[1] and content.head.rows[1].cells or pandoc.List()
  for _, row in ipairs(content.head.rows) do
    for _, cell in ipairs(row.cells) do
      cell.attr.attributes.scope = "col"
    end
  end
  local name, rows = pandoc.utils.stringify(content.caption.long), cells_of(content)
  local blocks = pandoc.Blocks({})
  local classes = pandoc.List({ "table" })
  if not is_narrow(head, rows) and #head <= MOST then
    labelled(head, rows)
    classes:insert("stacks")
  elseif #head > MOST then
    blocks:insert(hint())
  end
  local attributes = name ~= "" and named_group(name) or { { "tabindex", "0" } }
  blocks:insert(pandoc.Div({ content }, pandoc.Attr("", classes, attributes)))
  if #rows <= LONG or name == "" then
    return blocks
  end
  local summary = ("%s <span class=\"note\">(%s)</span>"):format(text(name), text(said(words.rows, tostring(#rows))))
  return folded("long", summary, blocks)
end

-- A formula that is wider than a telephone scrolls as well.
local function formula(paragraph)
  local only = #paragraph.content == 1 and paragraph.content[1]
  if only and only.t == "Math" and only.mathtype == "DisplayMath" then
    return pandoc.Div({ paragraph }, pandoc.Attr("", { "formula" }, named_group(words.formula))), false
  end
end

-- An output that holds an exhibit: the exhibit, what it is about, and ways out.
local function exhibit(div, stem)
  local shown = nil
  for _, block in ipairs(div.content) do
    if (block.t == "Figure" or block.t == "Table") and block.identifier ~= "" then
      shown = block
    end
  end
  if not shown then
    return nil
  end
  div.classes = { "shown", "exhibit" }
  div.content:insert(ways_out(stem, shown))
  return div
end

function Pandoc(doc)
  local oab = doc.meta.jupyter.oab
  for key, value in pairs(oab.words) do
    words[key] = key ~= "elsewhere" and pandoc.utils.stringify(value) or nil
  end
  if oab.words.elsewhere then
    elsewhere = {}
    for key, value in pairs(oab.words.elsewhere) do
      elsewhere[key] = pandoc.utils.stringify(value)
    end
  end
  local stem = pandoc.utils.stringify(doc.meta.stem)
  doc.blocks = doc.blocks:walk({
    Div = function(div)
      if div.classes:includes("source") then
        return folded("source", text(div.attributes.title), div.content)
      elseif div.classes:includes("shown") then
        return exhibit(div, stem)
      end
    end,
  })
  doc.blocks = doc.blocks:walk({
    traverse = "topdown",
    Table = function(content)
      return scrolling(content), false
    end,
    Figure = function(figure)
      figure.attributes.tabindex = "0"
      return { hint(), figure }, false
    end,
    Para = formula,
  })
  return doc
end
