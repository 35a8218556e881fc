-- Fold the source of each code cell, show Markdown that a cell displays, let headings reach the
-- contents list, and give each wide table a box of its own to scroll in.

local function has_tag(cell, tag)
  return (cell.attributes["tags"] or ""):find('"' .. tag .. '"', 1, true) ~= nil
end

local function folded(cell, source)
  local label = has_tag(cell, "parameters") and "Parameters of this run" or "Code"
  return {
    pandoc.RawBlock("html", '<details class="source"><summary>' .. label .. "</summary>"),
    source,
    pandoc.RawBlock("html", "</details>"),
  }
end

function Div(cell)
  if cell.classes:includes("markdown") then
    return cell.content -- a heading inside a division is left out of the contents list
  end
  if not cell.classes:includes("code") then
    return nil
  end
  local blocks = pandoc.Blocks({})
  for index, block in ipairs(cell.content) do
    if index == 1 and block.t == "CodeBlock" then
      blocks:extend(folded(cell, block))
    else
      blocks:insert(block)
    end
  end
  cell.content = blocks
  cell.attributes = {}
  return cell
end

function RawBlock(raw)
  if raw.format == "markdown" then
    -- One division: of several blocks only the first would take the place of the raw one.
    return pandoc.Div(pandoc.read(raw.text, "gfm+tex_math_dollars").blocks)
  end
end

function Table(content)
  return pandoc.Div({ content }, pandoc.Attr("", { "table" }, { tabindex = "0" }))
end
