-- The structure of a report, whatever it becomes: cells dissolve, headings, figures and tables get
-- numbers, references find what they name. What cannot be found is reported on the standard error in
-- lines that begin with "fault:", all of them, before the filter gives up.

local SHORT = { fig = "Figure", tbl = "Table" }
local faults = pandoc.List()
local count = { fig = 0, tbl = 0 }
local named = {} -- label -> what a reference to it says
local sections, exhibits = pandoc.List(), pandoc.List()

local function fault(text)
  if not faults:includes(text) then
    faults:insert(text)
  end
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
  output.classes = output.classes:includes("stderr") and { "shown", "warning" } or { "shown" }
  output.attributes = {}
  output.content = blocks
  return output
end

-- The source of a code cell becomes a division of its own.
local function dissolved_code(cell)
  local blocks = pandoc.Blocks({})
  for index, block in ipairs(cell.content) do
    if index == 1 and block.t == "CodeBlock" then
      local title = has_tag(cell, "parameters") and "Parameters of this run" or "Code"
      blocks:insert(pandoc.Div({ block }, pandoc.Attr("", { "source" }, { title = title })))
    else
      blocks:insert(block.t == "Div" and native(block) or block)
    end
  end
  return blocks
end

local function is_fold(block)
  return block ~= nil and block.t == "Div" and block.attributes.title == "Code"
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

-- Title cells are cut off, so that the first level here is 2.
local function numbered_headings(blocks)
  local at = {}
  return blocks:walk({
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
      name("sec-" .. header.identifier, "section " .. number)
      sections:insert({ id = header.identifier, title = number .. " " .. pandoc.utils.stringify(header) })
      header.content:insert(1, pandoc.Span({ pandoc.Str(number), pandoc.Space() }, pandoc.Attr("", { "number" })))
      return header
    end,
  })
end

local function numbered(block)
  local kind = block.identifier:match("^(%a+)%-")
  if not SHORT[kind] then
    return nil
  end
  count[kind] = count[kind] + 1
  local number = SHORT[kind] .. " " .. count[kind]
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
  local words = pandoc.Inlines({})
  for index, citation in ipairs(cite.citations) do
    local text = named[citation.id]
    if not text then
      fault("the text refers to @" .. citation.id .. ", which is not in this report")
    else
      if index > 1 then
        words:extend({ pandoc.Str(","), pandoc.Space() })
      end
      words:insert(pandoc.Link(text, "#" .. citation.id:gsub("^sec%-", "")))
    end
  end
  return words
end

-- `03_imputation` in the text leads to that report.
local function report_link(pages)
  return function(code)
    local title = pages[code.text]
    if title then
      return pandoc.Link(pandoc.utils.stringify(title), code.text .. ".html")
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
  local blocks = numbered_headings(dissolved(doc)):walk({ Inlines = unparted })
  blocks = blocks:walk({ Figure = numbered, Table = numbered })
  local links = { Cite = resolved, Code = report_link(doc.meta.jupyter.oab.pages) }
  blocks = blocks:walk(links)
  for _, part in ipairs({ "question", "answer" }) do
    doc.meta[part] = pandoc.MetaBlocks(pandoc.Blocks(doc.meta[part] or {}):walk(links):walk({ Inlines = unparted }))
  end
  local all = pandoc.Blocks(blocks):clone()
  all:extend(doc.meta.question)
  all:extend(doc.meta.answer)
  if cites_sources(all) then
    blocks:insert(pandoc.Header(2, "References", pandoc.Attr("references")))
    blocks:insert(pandoc.Div({}, pandoc.Attr("refs")))
    sections:insert({ id = "references", title = "References" })
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
