-- How a report looks on paper: without code, figures and formulas with words for who cannot see.

local MANY = 7 -- columns that need smaller letters to fit the width of a page

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

local function formula(math)
  local body = as_typst({ pandoc.Plain({ math }) })
  local block = math.mathtype == "DisplayMath" and "true" or "false"
  return pandoc.RawInline("typst", ("#math.equation(block: %s, alt: %s, %s)"):format(block, quoted(math.text), body))
end

local function columns(content)
  return #content.colspecs
end

local function fitted(content)
  if columns(content) <= MANY then
    return nil
  end
  return { pandoc.RawBlock("typst", "#[#set text(size: 0.82em)"), content, pandoc.RawBlock("typst", "]") }
end

function Pandoc(doc)
  doc = doc:walk({
    Cite = function(cite) return cite.content end,
    Link = function(link)
      link.target = link.target:gsub("%.html$", ".pdf")
      return link
    end,
    Div = function(div)
      if div.classes:includes("source") then
        return {}
      elseif div.classes:includes("about") then
        return { pandoc.RawBlock("typst", "#about["), div, pandoc.RawBlock("typst", "]") }
      end
    end,
    Math = formula,
  })
  doc.blocks = doc.blocks:walk({ traverse = "topdown", Figure = figure, Table = function(content)
    return fitted(content), false
  end })
  return doc
end
