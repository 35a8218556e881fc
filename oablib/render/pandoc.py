"""Pandoc, which comes with the package pypandoc_binary: the one door to it.

An executed notebook becomes a syntax tree with numbers and references, the tree becomes HTML and
typst. Pandoc runs in its sandbox: it may read no other file, and fetch nothing.
"""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypandoc

from oablib import params
from oablib.base.errors import EnvironmentFault, RenderError

ASSETS = Path(__file__).parent / "assets"
BIBLIOGRAPHY = Path("params", "references.bib")
END_OF_PART = "<!-- end of part -->"
# HTML in the text of a notebook is text; what cells show may be HTML, which becomes native.
_NOTEBOOK = "ipynb+citations-raw_html"
# Far above what a report takes; a filter that goes round in circles ends here.
SECONDS = 60
_LIMITS = ("+RTS", "-M2g", "-RTS")
_SHIFT = "--shift-heading-level-by=-1"  # the title is none of the headings of a PDF
_UNKNOWN_SOURCE = re.compile(r"Citeproc: citation (\S+) not found")


@dataclass(frozen=True, slots=True)
class Tree:
    """A report as pandoc's syntax tree (JSON), and its outline.

    outline: sections (id, number, title), exhibits (label, name, title), question and answer, all
    as plain text.
    """

    stem: str
    json: str
    outline: Mapping[str, Any]


def fail_if_absent() -> None:
    """Raise EnvironmentFault when pandoc cannot be started."""
    try:
        pypandoc.get_pandoc_path()
    except OSError:
        raise EnvironmentFault(
            "pandoc cannot be started; install the package pypandoc_binary anew, it brings one."
        ) from None


def tree(notebook: str, *, stem: str, language: str) -> Tree:
    """Turn a notebook that `report_notebook.prepare` made ready, as JSON, into a tree.

    language: of its text; sources are cited as that language does.
    Raises RenderError, which names the report and every fault found: a reference to what is not
    there, a label that is used twice, a source that params/references.bib lacks.
    """
    sources = params.root() / BIBLIOGRAPHY
    options = [
        *("--lua-filter", str(ASSETS / "report.lua"), "--citeproc", "--fail-if-warnings"),
        *([f"--bibliography={sources}"] if sources.is_file() else []),
        *("--metadata=link-citations:true", f"--metadata=lang:{language}"),
    ]
    text = _convert(notebook, _NOTEBOOK, "json", options, stem=stem)
    return Tree(stem, text, json.loads(json.loads(text)["meta"]["outline"]["c"]))


def html(tree: Tree) -> tuple[str, str, str, str]:
    """Contents list, question, answer and body of a page."""
    options = [
        *("--standalone", "--toc", "--toc-depth=3", f"--template={ASSETS / 'fragment.html'}"),
        *("--lua-filter", str(ASSETS / "html.lua"), "--metadata=pagetitle:report", "--mathml"),
    ]
    return _parts(_convert(tree.json, "json", "html5", options, stem=tree.stem), tree.stem)


def typst(tree: Tree) -> tuple[str, str, str, str]:
    """Question, answer and body of a page as typst, after an empty contents list."""
    options = [
        *("--standalone", f"--template={ASSETS / 'fragment.html'}", _SHIFT),
        *("--lua-filter", str(ASSETS / "typst.lua")),
    ]
    return _parts(
        _convert(tree.json, "json", "typst-citations", options, stem=tree.stem), tree.stem
    )


def typst_of_html(text: str, *, stem: str) -> str:
    """Turn HTML of ours, which holds no exhibit, into typst."""
    options = [_SHIFT, "--lua-filter", str(ASSETS / "typst.lua")]
    return _convert(text, "html", "typst-citations", options, stem=stem)


def _parts(text: str, stem: str) -> tuple[str, str, str, str]:
    parts = [part.strip() for part in text.split(END_OF_PART)]
    if len(parts) != 4:
        raise RenderError(f"Report {stem} came out of pandoc without its four parts.")
    return parts[0], parts[1], parts[2], parts[3]


def _convert(text: str, source: str, target: str, options: Sequence[str], *, stem: str) -> str:
    command = [pypandoc.get_pandoc_path(), *_LIMITS, "--sandbox", "--wrap=none", *options]
    try:
        command += ["--from", source, "--to", target]
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise RenderError(f"pandoc did not finish {stem} within {SECONDS} seconds.") from None
    if done.returncode:
        raise RenderError(_message(done.stderr.decode(errors="replace"), stem=stem))
    return done.stdout.decode()


def _message(errors: str, *, stem: str) -> str:
    """What pandoc and our filters found, without the folders of the machine."""
    faults = re.findall(r"^fault: (.*)$", errors, re.MULTILINE)
    faults += [
        f"the text cites @{key}, which {BIBLIOGRAPHY.as_posix()} does not hold"
        for key in _UNKNOWN_SOURCE.findall(errors)
    ]
    if faults:
        return f"Report {stem}: {'; '.join(faults)}."
    return f"pandoc could not convert {stem}; check its Markdown cells."
