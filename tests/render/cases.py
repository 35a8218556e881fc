"""Notebooks of one stage for tests of the render, and what becomes of them."""

import dataclasses
from typing import Any

import nbformat
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from oablib.params import run
from oablib.render import build
from oablib.render.provenance import Origin, Provenance
from oablib.report.exhibit import About, Exhibit, Figure
from oablib.report.table import show
from oablib.report.translated import InLanguages
from oablib.running.delivery import Delivery
from oablib.running.publication import Publication

STEM = "05_base_model"
HEAD = "# 05 Base model\n\n**Question.** How much?\n\n**Answer.** By that much.\n\nText."
PICTURE = "data:image/png;base64,iVBORw0KGgo="
ABOUT = About("3 children in 1 school", "made up")
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40pt" height="20pt" viewBox="0 0 40 20">'
    '<circle cx="5" cy="5" r="2"/></svg>'
)
HOSTILE = "<script>alert(1)</script> =cmd|'/C calc'!A0 \"q\" \N{RIGHT-TO-LEFT OVERRIDE}$x$ #link"


def figure(name: str = "dots", **changes: str) -> Figure:
    texts = {"title": "Dots", "unit": "points", "alt": "one dot"} | changes
    return Figure(
        label=f"fig-{name}", about=ABOUT, svg=SVG, numbers=pd.DataFrame({"x": [1.5]}), **texts
    )


def table(name: str = "values", text: str = "a"):
    frame = pd.DataFrame({"variable": [text], "value": [-1.25]})
    return show(frame, name, title=f"Values {text}", unit="points", about=ABOUT)


def shown(
    data: Exhibit | InLanguages | str | dict[str, Any],
    source: str = "show()",
    tags: tuple[str, ...] = (),
):
    """A cell that shows an exhibit or text, the same in both languages, or a bundle of types."""
    cell = new_code_cell(source, execution_count=1)
    if isinstance(data, Exhibit | str):
        data = both(data, data)
    bundle = data._repr_mimebundle_() if isinstance(data, InLanguages) else data
    cell.outputs = [new_output("display_data", data=bundle)]
    cell.metadata["tags"] = list(tags)
    return cell


def made_from(**overrides: str) -> Provenance:
    """Provenance of a run of one stage."""
    parameters = run.run_parameters("demo", overrides)
    bare = Publication(parameters, (), {}, Delivery(parameters.data)).made_from()
    origin = Origin("9f" * 32, {"seed": 2021}, {"cohort": "1a" * 32}, {"fit": "2b" * 32}, 1.0, 1.0)
    return dataclasses.replace(bare, stages={STEM: origin})


def both(english: Exhibit | str, dutch: Exhibit | str) -> InLanguages:
    """What a decorated function of the report returns."""
    return InLanguages({"en": english, "nl": dutch})


def notebook(*cells, head: str = HEAD) -> nbformat.NotebookNode:
    return new_notebook(cells=[new_markdown_cell(head), *cells])


def report(*cells, head: str = HEAD, **overrides: str) -> build.Report:
    item = build.Executed(stem=STEM, notebook=notebook(*cells, head=head), values={})
    return build.reports([item], made_from=made_from(**overrides))[0]


def page(*cells, head: str = HEAD, **overrides: str) -> str:
    provenance = made_from(**overrides)
    made = [report(*cells, head=head, **overrides)]
    return build.pages(made, made_from=provenance)[f"{STEM}.html"]
