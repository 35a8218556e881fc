"""Typst, the one door to it: reports as PDF that can be read aloud and archived, drawings as PNG.

A PDF is PDF/UA-1 (ISO 14289-1: a picture without words stops the build) and PDF/A-2a (ISO 19005-2)
at once, and equal input gives equal bytes.
"""

import json
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Literal

import typst

from oablib.base.errors import RenderError
from oablib.base.wording import inert
from oablib.render.pandoc import ASSETS

STANDARDS: list[Literal["ua-1", "a-2a"]] = ["ua-1", "a-2a"]
PNG_PER_INCH = 200
# Characters that typst's own fonts lack (Arabic, symbols) come from those in matplotlib's folder.
FONTS = Path(str(distribution("matplotlib").locate_file("matplotlib/mpl-data/fonts/ttf")))
_DRAWING = (
    '#set page(width: auto, height: auto, margin: 0pt)\n#image("drawing.svg", alt: "drawing")'
)


def pdf(
    *, settings: Mapping[str, Any], question: str, answer: str, body: str, provenance: str,
    drawings: Mapping[str, str], date: int, stem: str,
) -> bytes:  # fmt: skip
    """Set a report from four parts of typst markup.

    settings: as `report` in report.typ takes them. drawings: name -> SVG. date: of the report, in
    seconds since 1970.
    Raises RenderError when a standard is not kept, or a reference leads nowhere.
    """
    head = ", ".join(f"{key}: {_literal(value)}" for key, value in settings.items())
    main = (
        '#import "report.typ": *\n'
        f"#show: report.with({head}, question: [{question}], answer: [{answer}])\n"
        f"{body}\n#provenance[{provenance}]\n"
    )
    files = {
        "main.typ": main.encode(),
        "report.typ": (ASSETS / "report.typ").read_bytes(),
        **{name: text.encode() for name, text in drawings.items()},
    }
    return _compiled(files, "pdf", stem=stem, timestamp=date, pdf_standards=STANDARDS)


def png(drawing: str, *, stem: str) -> bytes:
    """A drawing (SVG) as PNG with PNG_PER_INCH dots to the inch."""
    files = {"main.typ": _DRAWING.encode(), "drawing.svg": drawing.encode()}
    return _compiled(files, "png", stem=stem, ppi=PNG_PER_INCH)


def _compiled(files: dict[str, bytes], kind: str, *, stem: str, **options: Any) -> bytes:
    fonts = {"font_paths": [FONTS], "ignore_system_fonts": True}
    # typst-py takes several files by name, as its README says; its types know but one.
    compile_: Any = typst.compile
    try:
        return bytes(compile_(files, format=kind, **fonts, **options))
    except typst.TypstError as error:
        hints = "".join(f" ({hint})" for hint in error.hints)
        raise RenderError(
            f"Report {stem} cannot be set as {kind}: {error.message}{hints}."
        ) from None


def _literal(value: Any) -> str:
    """A value as typst writes it: text, truth, or a dictionary of these."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"({', '.join(f'{key}: {_literal(inner)}' for key, inner in value.items())})"
    return json.dumps(inert(value), ensure_ascii=False)
