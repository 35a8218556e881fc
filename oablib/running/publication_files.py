"""What a report's folder is filled with: results tables, pages, PDFs, notebooks, downloads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from oablib.base import files, language, rounding
from oablib.base.files import sha256
from oablib.params.cell import INJECTED_TAG
from oablib.render import build, downloads
from oablib.render.build import Download, Executed
from oablib.render.provenance import Provenance
from oablib.report import exhibit
from oablib.running.publication import CATALOGUE, Publication, described, write_json
from oablib.running.stages.declared import Stage

TABLES = "tables"


def write_tables(
    publication: Publication, made_from: Provenance, *, folder: Path
) -> dict[str, str]:
    """Results tables as Parquet, CSV and XLSX, and a catalogue; name of the CSV file -> sha256."""
    target = folder / TABLES
    target.mkdir()
    results, catalogue, about = {}, {}, _about(publication)
    for name, (stem, path) in sorted(publication.results.items()):
        (target / path.name).write_bytes(path.read_bytes())
        frame, title = pd.read_parquet(path), described(name, stem=stem)
        text = target / f"{name}.csv"
        files.write(text, rounding.csv(frame))
        results[text.name] = sha256(text)
        cover = {**title, **about, **_cover(made_from), "stage": stem}
        downloads.workbook(target / f"{name}.xlsx", *exhibit.plain(frame), cover=cover)
        kinds = {str(column): str(kind) for column, kind in frame.dtypes.items()}
        catalogue[name] = {"stage": stem, **title, "rows": len(frame), "columns": kinds}
    write_json(target / CATALOGUE, catalogue)
    return results


def write_reports(publication: Publication, made_from: Provenance, *, folder: Path) -> None:
    """Pages, PDFs, notebooks, and the files of their exhibits."""
    executed = [
        Executed(
            stem=stage.stem,
            notebook=with_outputs(stage, publication.entries[stage.stem].notebook),
            values=made_from.stages[stage.stem].parameters,
            status="complete" if publication.entries[stage.stem].fresh else "cached",
        )
        for stage in publication.stages
    ]
    for code in language.LANGUAGES:
        within = folder / code if code != language.SOURCE else folder
        _write_language(publication, made_from, executed, code=code, folder=within)


def _write_language(
    publication: Publication,
    made_from: Provenance,
    executed: Sequence[Executed],
    *,
    code: str,
    folder: Path,
) -> None:
    """Pages of a report in one language."""
    reports = build.reports(executed, made_from=made_from, code=code)
    (folder / "notebooks").mkdir(parents=True)
    for report in reports:
        (folder / f"{report.stem}.pdf").write_bytes(report.pdf)
        files.write(folder / "notebooks" / f"{report.stem}.ipynb", report.notebook)
        cover = {**_cover(made_from), "report": report.title}
        downloads.write_exhibits(report.exhibits, stem=report.stem, cover=cover, folder=folder)
    offered = [
        _offered(name, stem=stem, path=publication.results[name][1])
        for name, (stem, _) in sorted(publication.results.items())
    ]
    with language.use(code):
        pages = build.pages(reports, made_from=made_from, downloads=offered)
    for name, text in pages.items():
        files.write(folder / name, text)
    files.write(folder / build.CONTENTS, build.contents(reports, made_from=made_from))


def with_outputs(stage: Stage, executed: Path) -> Any:
    """The notebook as it is now, with what its cells showed: its prose may be newer."""
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


def _about(publication: Publication) -> dict[str, str]:
    """Population, n and source of the run, where a stage has counted it."""
    if "population" not in publication.results:
        return {}
    about = exhibit.about(pd.read_parquet(publication.results["population"][1]))
    return {"population": str(about.population), "source": str(about.source)}


def _cover(made_from: Provenance) -> dict[str, str]:
    """What the first sheet of every workbook says about the run."""
    synthetic = {"data": "synthetic: no real child is in it"} if made_from.synthetic else {}
    run = f"{made_from.run}: {made_from.parameters['title']}"
    return {"run": run, "commit": made_from.commit, **synthetic}


def _offered(name: str, *, stem: str, path: Path) -> Download:
    frame = pd.read_parquet(path)
    size = len(rounding.csv(frame).encode())
    return Download(name, described(name, stem=stem)["title"], len(frame), size)
