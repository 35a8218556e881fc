-- The structure of a report, whatever it becomes: cells dissolve, headings, figures and tables get
-- numbers, references find what they name. What cannot be found is reported on the standard error in
-- lines that begin with "fault:", all of them, before the filter gives up.

local KIND = { fig = "figure", tbl = "table" }
local words = {} -- what is written here, in the language of the page: text, with %s for a number
local faults = pandoc.List()
local count = { fig = 0, tbl = 0 }
local named = {} -- label -> what a reference to it says
local sections, exhibits = pandoc.List(), pandoc.List()

local function fault(text)
  if not faults:includes(text) then
    faults:insert(text)
  end
end

local function said(key, number)
  return (words[key]:gsub("%%s", (number:gsub("%%", "%%%%"))))
end

local function has_tag(cell, tag)
  return (cell.attributes["tags"] or ""):find('"' .. tag .. '"', 1, true) ~= nil
end

-- HTML that a cell showed becomes native blocks.
local function native(output)
  local blocks = pandoc.Blocks({})
  for _, block in ipairs(output.content) do
    if block.t == "RawBlock" and block.format == "html" then
      blocks:extend(pandoc.read(block.text, "html").blocks)
    else
      blocks:insert(block)
    end
  end
  -- Under the name that the reader gave it, pandoc would drop all but one form of an output.
  local warns = output.classes:includes("stderr")
  if warns then
    blocks:insert(1, pandoc.Div({ pandoc.Para({ pandoc.Str(words.warning) }) }, pandoc.Attr("", { "label" })))
  end
  output.classes = warns and { "shown", "warning" } or { "shown" }
  output.attributes = {}
  output.content = blocks
  return output
end

-- The source of a code cell becomes a division of its own.
local function dissolved_code(cell)
  local blocks = pandoc.Blocks({})
  for index, block in ipairs(cell.content) do
    if index == 1 and block.t == "CodeBlock" then
      local title = has_tag(cell, "parameters") and words.parameters or words.code
      blocks:insert(pandoc.Div({ block }, pandoc.Attr("", { "source" }, { title = title })))
    else
      blocks:insert(block.t == "Div" and native(block) or block)
    end
  end
  return blocks
end

local function is_fold(block)
  return block ~= nil and block.t == "Div" and block.attributes.title == words.code
end

-- Sources that follow each other with nothing shown between become one.
local function joined(blocks)
  local kept = pandoc.Blocks({})
  for _, block in ipairs(blocks) do
    if is_fold(block) and is_fold(kept[#kept]) then
      kept[#kept].content:extend(block.content)
    else
      kept:insert(block)
    end
  end
  return kept
end

local function dissolved(doc)
  local blocks = pandoc.Blocks({})
  for _, cell in ipairs(doc.blocks) do
    if cell.t == "Div" and cell.classes:includes("code") then
      blocks:extend(dissolved_code(cell))
    elseif cell.t == "Div" and has_tag(cell, "question") then
      doc.meta.question = pandoc.MetaBlocks(cell.content)
    elseif cell.t == "Div" and has_tag(cell, "answer-text") then
      doc.meta.answer = pandoc.MetaBlocks(cell.content)
    elseif cell.t == "Div" and cell.classes:includes("cell") then
      blocks:extend(cell.content)
    else
      blocks:insert(cell)
    end
  end
  return joined(blocks)
end

local function name(label, text)
  if named[label] then
    fault("the label " .. label .. " is used twice; give one of them another")
  end
  named[label] = text
end

-- Title cells are cut off, so that the first level here is 2. A page in another language than the
-- source's has the source's names of headings, so that a place has one name in both.
local function numbered_headings(blocks, ids)
  local at, index = {}, 0
  local numbered = blocks:walk({
    Header = function(header)
      local depth = header.level - 1
      if depth < 1 then
        fault("the heading '" .. pandoc.utils.stringify(header) .. "' is of the first level, which is the title's")
        return nil
      end
      at[depth] = (at[depth] or 0) + 1
      for deeper = depth + 1, #at do
        at[deeper] = nil
      end
      for level = 1, depth do
        at[level] = at[level] or 0
      end
      local number = table.concat(at, ".")
      index = index + 1
      header.identifier = ids[index] or header.identifier
      name("sec-" .. header.identifier, said("section", number))
      sections:insert({ id = header.identifier, number = number, title = number .. " " .. pandoc.utils.stringify(header) })
      header.content:insert(1, pandoc.Span({ pandoc.Str(number), pandoc.Space() }, pandoc.Attr("", { "number" })))
      return header
    end,
  })
  if #ids > 0 and #ids ~= index then
    fault(("there are %d headings, and %d in the language of the source"):format(index, #ids))
  end
  return numbered
end

local function numbered(block)
  local kind = block.identifier:match("^(%a+)%-")
  if not KIND[kind] then
    return nil
  end
  count[kind] = count[kind] + 1
  local number = said(KIND[kind], tostring(count[kind]))
  name(block.identifier, number)
  exhibits:insert({ label = block.identifier, name = number, title = pandoc.utils.stringify(block.caption.long) })
  local title = block.caption.long[1].content
  title:insert(1, pandoc.Space())
  title:insert(1, pandoc.Span({ pandoc.Str(number .. ".") }, pandoc.Attr("", { "number" })))
  block.caption.long = pandoc.Blocks({ pandoc.Plain(title) })
  return block
end

local function resolved(cite)
  local first = cite.citations[1].id
  if not first:match("^fig%-") and not first:match("^tbl%-") and not first:match("^sec%-") then
    return nil
  end
  local links = pandoc.Inlines({})
  for index, citation in ipairs(cite.citations) do
    local text = named[citation.id]
    if not text then
      fault("the text refers to @" .. citation.id .. ", which is not in this report")
    else
      if index > 1 then
        links:extend({ pandoc.Str(","), pandoc.Space() })
      end
      links:insert(pandoc.Link(text, "#" .. citation.id:gsub("^sec%-", "")))
    end
  end
  return links
end

-- `03_imputation` in the text leads to that report; of one that the run lacks it is the title.
local function report_link(pages, absent)
  return function(code)
    if pages[code.text] then
      return pandoc.Link(pandoc.utils.stringify(pages[code.text]), code.text .. ".html")
    elseif absent[code.text] then
      return pandoc.Str(pandoc.utils.stringify(absent[code.text]))
    end
  end
end

-- A link to a report that the run lacks is its words alone.
local function kept_link(absent)
  return function(link)
    local stem = link.target:match("^([%w_]+)%.html$") or link.target:match("^([%w_]+)%.html#")
    if stem and absent[stem] then
      return link.content
    end
  end
end

-- A number and its % stay on one line.
local function unparted(inlines)
  for index = 2, #inlines - 1 do
    local before, between, after = inlines[index - 1], inlines[index], inlines[index + 1]
    if (between.t == "Space" or between.t == "SoftBreak") and before.t == "Str" and before.text:match("%d$")
      and after.t == "Str" and after.text:match("^%%") then
      inlines[index] = pandoc.Str("\u{a0}")
    end
  end
  return inlines
end

local function cites_sources(blocks)
  local found = false
  blocks:walk({ Cite = function() found = true end })
  return found
end

local function plain(blocks)
  return (pandoc.write(pandoc.Pandoc(blocks), "plain", { wrap_text = "none" }):gsub("%s+", " "):gsub(" $", ""))
end

function Pandoc(doc)
  local oab = doc.meta.jupyter.oab
  for key, text in pairs(oab.words) do
    words[key] = key ~= "elsewhere" and pandoc.utils.stringify(text) or nil
  end
  local ids = pandoc.List(oab.anchors or {}):map(pandoc.utils.stringify)
  local blocks = numbered_headings(dissolved(doc), ids):walk({ Inlines = unparted })
  blocks = blocks:walk({ Figure = numbered, Table = numbered })
  local links = { Cite = resolved, Code = report_link(oab.pages, oab.absent), Link = kept_link(oab.absent) }
  blocks = blocks:walk(links)
  for _, part in ipairs({ "question", "answer" }) do
    doc.meta[part] = pandoc.MetaBlocks(pandoc.Blocks(doc.meta[part] or {}):walk(links):walk({ Inlines = unparted }))
  end
  local all = pandoc.Blocks(blocks):clone()
  all:extend(doc.meta.question)
  all:extend(doc.meta.answer)
  if cites_sources(all) then
    blocks:insert(pandoc.Header(2, words.references, pandoc.Attr("references")))
    blocks:insert(pandoc.Div({}, pandoc.Attr("refs")))
    sections:insert({ id = "references", number = "", title = words.references })
  end
  for _, text in ipairs(faults) do
    io.stderr:write("fault: " .. text .. "\n")
  end
  if #faults > 0 then
    os.exit(84)
  end
  doc.meta.stem = doc.meta.jupyter.oab.stem
  doc.meta.outline = pandoc.MetaString(pandoc.json.encode({
    sections = sections,
    exhibits = exhibits,
    question = plain(doc.meta.question),
    answer = plain(doc.meta.answer),
  }))
  doc.blocks = blocks
  return doc
end
