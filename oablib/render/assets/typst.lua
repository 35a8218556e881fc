-- How a report looks on paper: without code, figures and formulas with words for readers who cannot see.

local MANY = 7 -- columns that need smaller characters to fit the width of a page
local NARROW = 9 -- characters of a line in the headings of such a table

local function quoted(words)
  return '"' .. words:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"'
end

local function as_typst(blocks)
  return pandoc.write(pandoc.Pandoc(blocks), "typst-citations"):gsub("%s+$", "")
end

local function figure(block)
  local image = nil
  block.content:walk({ Image = function(found) image = found end })
  local caption = as_typst({ pandoc.Plain(block.caption.long[1].content) })
  return pandoc.RawBlock("typst", ("#figure(image(%s, alt: %s, width: 100%%), caption: [%s], kind: image)<%s>"):format(
    quoted(image.src), quoted(pandoc.utils.stringify(image.caption)), caption, block.identifier))
end

-- A figure or table with what is said about it.
local function exhibit(div)
  local first = div.content[1]
  if first and (first.t == "Figure" or first.t == "Table") then
    div.content:insert(1, pandoc.RawBlock("typst", "#exhibit["))
    div.content:insert(pandoc.RawBlock("typst", "]"))
    return div
  end
end

local function formula(math)
  local body = as_typst({ pandoc.Plain({ math }) })
  local block = math.mathtype == "DisplayMath" and "true" or "false"
  return pandoc.RawInline("typst", ("#math.equation(block: %s, alt: %s, %s)"):format(block, quoted(math.text), body))
end

-- Headings in lines as narrow as their words allow, so that the width goes to names and numbers.
local function narrowed(head)
  return head:walk({
    Inlines = function(inlines)
      local length = 0
      for index, inline in ipairs(inlines) do
        local word = inlines[index + 1] and pandoc.utils.stringify(inlines[index + 1]) or ""
        if inline.t == "Space" and length + 1 + utf8.len(word) > NARROW then
          inlines[index], length = pandoc.LineBreak(), 0
        else
          length = length + utf8.len(pandoc.utils.stringify(inline))
        end
      end
      return inlines
    end,
  })
end

-- Text to the left, whatever pandoc's figures do; cells with numbers say themselves that they go right.
local function table_at_left(content)
  for _, body in ipairs(content.bodies) do
    for _, row in ipairs(body.head) do -- the heading of a group
      for _, cell in ipairs(row.cells) do
        local words = pandoc.utils.blocks_to_inlines(cell.contents)
        cell.contents = pandoc.Blocks({ pandoc.Plain({ pandoc.Strong(words) }) })
      end
    end
  end
  for index, spec in ipairs(content.colspecs) do
    content.colspecs[index] = { pandoc.AlignLeft, spec[2] }
  end
  local crowded = #content.colspecs > MANY
  for _, row in ipairs(crowded and content.head.rows or {}) do
    for _, cell in ipairs(row.cells) do
      cell.contents = narrowed(cell.contents)
    end
  end
  local set = as_typst({ content }):gsub("align%(center%)", "align(left)", 1)
  return pandoc.RawBlock("typst", crowded and "#crowded[\n" .. set .. "\n]" or set)
end

local function strong_number(block)
  block.caption.long = block.caption.long:walk({
    Span = function(span)
      if span.classes:includes("number") then
        return pandoc.Strong(span.content)
      end
    end,
  })
  return block
end

function Pandoc(doc)
  doc = doc:walk({
    Cite = function(cite) return cite.content end,
    -- Another report is a PDF beside this one; its places have names in the page alone.
    Link = function(link)
      local stem = link.target:match("^(%d%d_[%w_]+)%.html$") or link.target:match("^(%d%d_[%w_]+)%.html#")
      link.target = stem and stem .. ".pdf" or link.target
      return link
    end,
    Div = function(div)
      if div.classes:includes("source") then
        return {}
      elseif div.classes:includes("about") then
        return { pandoc.RawBlock("typst", "#about["), div, pandoc.RawBlock("typst", "]") }
      elseif div.classes:includes("shown") then
        return exhibit(div)
      end
    end,
    Math = formula,
  })
  doc.blocks = doc.blocks:walk({ traverse = "topdown", Figure = function(block)
    return figure(strong_number(block)), false
  end, Table = function(block)
    return table_at_left(strong_number(block)), false
  end })
  return doc
end
