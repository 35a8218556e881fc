"""What a report's folder is filled with: results tables, pages, PDFs, notebooks, downloads."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pandas as pd

from oablib.base import rounding
from oablib.base.files import sha256
from oablib.params.cell import INJECTED_TAG
from oablib.render import build, downloads
from oablib.render.build import Download, Executed
from oablib.render.provenance import Provenance
from oablib.report import exhibit
from oablib.running import publication as tables_results
from oablib.running.publication import CATALOGUE, write_json
from oablib.running.stages.declared import Stage

if TYPE_CHECKING:
    from oablib.running.publication import Publication

TABLES = "tables"


def write_tables(
    publication: "Publication", made_from: Provenance, *, folder: Path
) -> dict[str, str]:
    """Results tables as Parquet, CSV and XLSX, and a catalogue; name of the CSV file -> sha256."""
    target = folder / TABLES
    target.mkdir()
    results, catalogue, about = {}, {}, _about(publication)
    for name, (stem, path) in sorted(publication.results.items()):
        (target / path.name).write_bytes(path.read_bytes())
        frame, told = pd.read_parquet(path), tables_results.described(name, stem=stem)
        text = target / f"{name}.csv"
        write_text(text, rounding.csv(frame))
        results[text.name] = sha256(text)
        cover = {**told, **about, **_cover(made_from), "stage": stem}
        columns, rows = exhibit.plain(frame)
        downloads.workbook(target / f"{name}.xlsx", columns, rows, cover=cover)
        kinds = {str(column): str(kind) for column, kind in frame.dtypes.items()}
        catalogue[name] = {"stage": stem, **told, "rows": len(frame), "columns": kinds}
    write_json(target / CATALOGUE, catalogue)
    return results


def write_reports(publication: "Publication", made_from: Provenance, *, folder: Path) -> None:
    """Pages, PDFs, notebooks, and the files of their exhibits."""
    executed = [_executed(stage, publication, made_from) for stage in publication.stages]
    made = build.reports(executed, made_from=made_from)
    (folder / "notebooks").mkdir()
    for each in made:
        (folder / f"{each.stem}.pdf").write_bytes(each.pdf)
        write_text(folder / "notebooks" / f"{each.stem}.ipynb", each.notebook)
        cover = {**_cover(made_from), "report": each.title}
        downloads.write_exhibits(each.exhibits, stem=each.stem, cover=cover, folder=folder)
    offered = [
        _offered(name, stem=stem, folder=folder)
        for name, (stem, _) in sorted(publication.results.items())
    ]
    for name, page in build.pages(made, made_from=made_from, downloads=offered).items():
        write_text(folder / name, page)
    write_text(folder / build.CONTENTS, build.contents(made, made_from=made_from))


def with_outputs(stage: Stage, executed: Path) -> Any:
    """The notebook as it stands now, with what its cells showed: its prose may be newer."""
    notebook = nbformat.reads(stage.text, as_version=4)
    done = nbformat.read(executed, as_version=4)
    ran = [
        cell
        for cell in done.cells
        if cell.cell_type == "code" and INJECTED_TAG not in cell.metadata.get("tags", [])
    ]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, result in zip(cells, ran, strict=True):
        cell.outputs, cell.execution_count = result.outputs, result.execution_count
    return notebook


def write_text(path: Path, text: str) -> None:
    """A file of text, the same on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def _executed(stage: Stage, publication: "Publication", made_from: Provenance) -> Executed:
    entry = publication.entries[stage.stem]
    return Executed(
        stem=stage.stem,
        notebook=with_outputs(stage, entry.notebook),
        values=made_from.stages[stage.stem].parameters,
        status="complete" if entry.fresh else "cached",
    )


def _about(publication: "Publication") -> dict[str, str]:
    """Population, n and source of the run, where a stage has counted it."""
    if "population" not in publication.results:
        return {}
    told = exhibit.about(pd.read_parquet(publication.results["population"][1]))
    return {"population": told.population, "source": told.source}


def _cover(made_from: Provenance) -> Mapping[str, str]:
    """What the first sheet of every workbook says about the run."""
    synthetic = {"data": "synthetic: no real child is in it"} if made_from.synthetic else {}
    run = f"{made_from.run}: {made_from.parameters['title']}"
    return {"run": run, "commit": made_from.commit, **synthetic}


def _offered(name: str, *, stem: str, folder: Path) -> Download:
    path = folder / TABLES / f"{name}.csv"
    rows = len(pd.read_parquet(path.with_suffix(".parquet")))
    title = tables_results.described(name, stem=stem)["title"]
    return Download(name, title, rows, path.stat().st_size)
