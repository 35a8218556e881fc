"""The gate: what a report is going to publish, every cell of it held against its declaration.

Results tables by their frames, figures and tables by what stands in the executed notebooks, in all
languages. Nothing is published when one cell may not be.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from oablib import disclosure, params
from oablib.base.errors import DisclosureError
from oablib.disclosure import cells, declared
from oablib.disclosure.cells import Looked, Population
from oablib.params import checked
from oablib.render import kinds
from oablib.report.exhibit import MIME
from oablib.running import rule_files
from oablib.running.publication import COUNTRY_FACTS, POPULATION, Publication

MOST = 20  # faults of a message


def fail_if_unsafe(publication: Publication) -> Looked:
    """Check every results table and exhibit; what was looked at and how much of it is hidden.

    Raises DisclosureError naming table or exhibit, column and row of each cell that is undeclared
    or may not be published, and never a value; ParameterError for a declaration with a fault.
    """
    rules, populations = disclosure.rules(), populations_of(publication)
    sum_of, faults = Looked(), []
    for where, frame, stated, stem in (*_results(publication), *_exhibits(publication)):
        if stated is None:
            faults.append(f"{where}: not declared; give its entry the key `cells`")
            continue
        looked = cells.check(
            frame,
            declared.read(stated, where=where),
            rules=rules,
            population=populations.get(publication.part_of(stem)),
        )
        sum_of += looked
        faults += [f"{where}, {fault}" for fault in looked.faults]
    if faults:
        more = f"\nand {len(faults) - MOST} more" if len(faults) > MOST else ""
        lines = "\n".join(dict.fromkeys(faults[:MOST]))
        raise DisclosureError(
            f"Nothing is published, because these cells may not be:\n{lines}{more}\nHide or merge "
            "them in the notebook that makes them (oablib.disclosure), before anything is made "
            "from them, or declare what they are (docs/adding_a_stage.md)."
        )
    return sum_of


Part = tuple[str, pd.DataFrame, Any, str]
"""What it is, in words; its numbers by key; its declaration as written; the stem of its stage."""


def _results(publication: Publication) -> Iterator[Part]:
    for name, (stem, path) in sorted(publication.results.items()):
        yield f"Table {name}", pd.read_parquet(path), declaration(name, stem=stem), stem


def declaration(name: str, *, stem: str) -> Any:
    """The declaration of a results table; None without one."""
    file = stem.partition("_")[2]
    if file not in params.names("results"):
        return None
    tables = checked.values("results", file, rule_files.declaration("results", file))
    return tables.get(name, {}).get("cells")


def _exhibits(publication: Publication) -> Iterator[Part]:
    for stem, entry in sorted(publication.entries.items()):
        for language, payload in payloads(entry.notebook):
            frame = pd.DataFrame(payload["rows"], columns=payload["keys"])
            where = f"{stem}, {payload['label']} ({language})"
            yield where, frame, payload["cells"], stem


def payloads(executed: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Language and payload of every exhibit in an executed notebook."""
    notebook = nbformat.read(executed, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            shown = output.get("data", {}).get(MIME, {})
            versions = {"": shown} if "rows" in shown else shown
            yield from versions.items()


def populations_of(publication: Publication) -> dict[str, Population]:
    """Part of the data -> its children and schools, where a stage has counted them."""
    parts = {kinds.COHORT: (POPULATION, "schools"), kinds.COUNTRY: (COUNTRY_FACTS, "sites")}
    found = {}
    for part, (table, schools) in parts.items():
        if table in publication.results:
            row = pd.read_parquet(publication.results[table][1]).iloc[0]
            found[part] = Population(int(row["children"]), int(row[schools]))
    return found
