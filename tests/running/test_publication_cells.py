"""The gate: what is not declared, or may not be shown, is not published."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from oablib import params
from oablib.base import language
from oablib.base.errors import DisclosureError
from oablib.disclosure import declared
from oablib.params import strict_yaml
from oablib.render import kinds
from oablib.report.exhibit import About
from oablib.report.table import HIDDEN, show
from oablib.report.texts import LABELS, WORDS
from oablib.report.translated import InLanguages
from oablib.running import publication_cells
from tests.places import ROOT

ABOUT = About("children", "a file", drawn=True)
STEM = "01_intake"
CELLS = {"of": "children", "counts": ["n"], "known": ["group"]}


def exhibits(n: list[Any], cells: Any) -> InLanguages:
    """A table in both languages, with headings of its own in each."""
    frame = pd.DataFrame({"group": ["first", "second"], "n": n})
    versions = {}
    for code in language.LANGUAGES:
        with language.use(code):
            versions[code] = show(
                frame,
                "groups",
                title="Groups",
                about=ABOUT,
                cells=cells,
                labels={"n": f"n ({code})"},
            )
    return InLanguages(versions)


def publication(folder: Path, *, shown: InLanguages | None, tables: dict[str, pd.DataFrame]) -> Any:
    """A report of one stage, as far as the gate looks at it."""
    results = {}
    facts = pd.DataFrame({"children": [2400], "schools": [171], "source": "a", "source_nl": "b"})
    for name, frame in {"population": facts, **tables}.items():
        frame.to_parquet(folder / f"{name}.parquet")
        results[name] = (STEM, folder / f"{name}.parquet")
    cells = []
    if shown is not None:
        data = json.loads(json.dumps(shown._repr_mimebundle_()))
        cells = [new_code_cell("x", outputs=[new_output("display_data", data=data)])]
    nbformat.write(new_notebook(cells=cells), folder / "executed.ipynb")
    entry = SimpleNamespace(notebook=folder / "executed.ipynb")
    return SimpleNamespace(
        results=results, entries={STEM: entry}, part_of=lambda stem: kinds.COHORT
    )


def test_what_is_safe_passes_and_is_counted(tmp_path: Path) -> None:
    steps = pd.DataFrame(
        {"step": ["a"], "reason": "b", "before": [30], "dropped": [0], "after": [30]}
    )
    shown = exhibits([30, np.nan], CELLS)
    made = publication(tmp_path, shown=shown, tables={"intake_steps": steps})
    looked = publication_cells.fail_if_unsafe(made)
    assert (looked.cells, looked.hidden) == (2 + 1 + 2 * 2, 2)


@pytest.mark.parametrize(
    ("n", "cells", "said"),
    [
        ([30, 7], CELLS, "column n, row 2: fewer than 10 children"),
        ([30, 40], None, "not declared; give its entry the key `cells`"),
        ([30, 40], {**CELLS, "known": []}, "column group: not declared"),
    ],
)
def test_an_unsafe_or_undeclared_exhibit_stops_in_every_language(
    tmp_path: Path, n: list[int], cells: Any, said: str
) -> None:
    made = publication(tmp_path, shown=exhibits(n, cells), tables={})
    with pytest.raises(DisclosureError) as refused:
        publication_cells.fail_if_unsafe(made)
    assert refused.value.exit_code == 3
    for code in language.LANGUAGES:
        assert f"{STEM}, tbl-groups ({code})" in str(refused.value)
    assert said in str(refused.value)
    assert " 7" not in str(refused.value)


def test_an_undeclared_results_table_stops(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": [4]})
    made = publication(tmp_path, shown=None, tables={"of_my_own": frame})
    with pytest.raises(DisclosureError, match="Table of_my_own: not declared") as refused:
        publication_cells.fail_if_unsafe(made)
    assert refused.value.exit_code == 3


def test_hidden_numbers_have_a_mark_and_a_note() -> None:
    table = exhibits([30, np.nan], CELLS)
    english, dutch = table.versions["en"], table.versions["nl"]
    rows = english.groups[0][1]
    assert [row[1] for row in rows] == ["30", HIDDEN]
    assert f"{HIDDEN}: not shown" in english.note and f"{HIDDEN}: niet getoond" in dutch.note
    assert english.payload()["keys"] == dutch.payload()["keys"] == ["group", "n"]
    assert exhibits([30, 40], CELLS).first.note == ""


def results_tables() -> list[Any]:
    entries = []
    for name in params.names("results"):
        for table, entry in params.load_yaml(params.named_file("results", name)).items():
            entries.append(pytest.param(entry, id=f"results/{name}: {table}"))
    return entries


def exhibits_of_modules() -> list[Any]:
    entries = []
    for path in sorted((ROOT / "oablib" / "report").rglob("*.yaml")):
        for label, entry in strict_yaml.read(path).values.items():
            if label not in (LABELS, WORDS):
                entries.append(pytest.param(entry, id=f"{path.stem}: {label}"))
    return entries


@pytest.mark.parametrize("entry", [*results_tables(), *exhibits_of_modules()])
def test_every_table_and_exhibit_is_declared(entry: dict[str, Any]) -> None:
    assert declared.read(entry.get("cells"), where="an entry")
