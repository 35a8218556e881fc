-- How a report looks as HTML: code folds, wide tables scroll, exhibits can be taken along.

local function files(label)
  return label:match("^fig") and { "png", "csv", "xlsx" } or { "csv", "xlsx" }
end

local function text(words)
  return (words:gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

local function downloads(stem, block)
  local links = pandoc.List()
  local number = pandoc.utils.stringify(block.caption.long):match("^%a+ %d+")
  for _, kind in ipairs(files(block.identifier)) do
    local path = "downloads/" .. stem .. "/" .. block.identifier .. "." .. kind
    links:insert(('<a href="%s" download aria-label="%s as %s">%s</a>'):format(path, text(number), kind:upper(), kind:upper()))
  end
  return pandoc.RawBlock("html", '<p class="get">' .. table.concat(links, " ") .. "</p>")
end

local function folded(div)
  local blocks = pandoc.Blocks({
    pandoc.RawBlock("html", '<details class="source"><summary>' .. text(div.attributes.title) .. "</summary>"),
  })
  blocks:extend(div.content)
  blocks:insert(pandoc.RawBlock("html", "</details>"))
  return blocks
end

-- Attributes as a list: of a table without numbers Lua goes through the names in any order.
local function named_group(name)
  return { { "tabindex", "0" }, { "role", "group" }, { "aria-label", name } }
end

-- Who has no mouse scrolls what can be focused.
local function scrolling(content)
  for _, row in ipairs(content.head.rows) do
    for _, cell in ipairs(row.cells) do
      cell.attr.attributes.scope = "col"
    end
  end
  local name = pandoc.utils.stringify(content.caption.long)
  local attributes = name ~= "" and named_group(name) or { { "tabindex", "0" } }
  return pandoc.Div({ content }, pandoc.Attr("", { "table" }, attributes))
end

-- A formula that is wider than a telephone scrolls as well.
local function formula(paragraph)
  local only = #paragraph.content == 1 and paragraph.content[1]
  if only and only.t == "Math" and only.mathtype == "DisplayMath" then
    return pandoc.Div({ paragraph }, pandoc.Attr("", { "formula" }, named_group("Formula"))), false
  end
end

-- An output that holds an exhibit: the exhibit, what it is about, and its files.
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
  div.content:insert(downloads(stem, shown))
  return div
end

function Pandoc(doc)
  local stem = pandoc.utils.stringify(doc.meta.stem)
  doc.blocks = doc.blocks:walk({
    Div = function(div)
      if div.classes:includes("source") then
        return folded(div)
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
      return figure, false
    end,
    Para = formula,
  })
  return doc
end
