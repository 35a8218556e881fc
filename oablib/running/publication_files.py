"""What a report's folder is filled with: results tables, pages, PDFs, notebooks, downloads."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from oablib.base import files, language, rounding
from oablib.base.files import sha256
from oablib.params.cell import INJECTED_TAG
from oablib.render import build, contents, downloads, kinds
from oablib.render.build import Download, Executed
from oablib.render.edition import Edition
from oablib.render.provenance import Provenance
from oablib.report import exhibit
from oablib.report.exhibit import About
from oablib.running.publication import (
    CATALOGUE,
    COUNTRY_FACTS,
    POPULATION,
    Publication,
    described,
    write_json,
)
from oablib.running.stages.declared import Stage

TABLES = "tables"
DATA = "data"
"""Column of a results table, in CSV and XLSX, that says whether its children were drawn."""


def write_tables(
    publication: Publication, made_from: Provenance, *, folder: Path
) -> dict[str, str]:
    """Results tables as Parquet, CSV and XLSX, and a catalogue; name of the CSV file -> sha256."""
    target = folder / TABLES
    target.mkdir()
    results, catalogue, about = {}, {}, about_parts(publication)
    for name, (stem, path) in sorted(publication.results.items()):
        (target / path.name).write_bytes(path.read_bytes())
        frame, part = pd.read_parquet(path), publication.part_of(stem)
        written = frame.assign(**{DATA: kinds.code(made_from.drawn, part)})
        text = target / f"{name}.csv"
        files.put(text, rounding.csv(written))
        results[text.name] = sha256(text)
        covers, texts = [], {}
        for edition in made_from.editions:
            with language.use(edition.code):
                texts[edition.code] = described(name, stem=stem)
                given = {**texts[edition.code], **_about_part(about.get(part))}
                run = _about_run(made_from, part=part)
                covers.append(downloads.cover({**given, **run, "stage": stem}))
        downloads.workbook(target / f"{name}.xlsx", *exhibit.plain(written), covers=covers)
        columns = {str(column): str(kind) for column, kind in frame.dtypes.items()}
        catalogue[name] = {"stage": stem, "rows": len(frame), "columns": columns, **texts}
    write_json(target / CATALOGUE, catalogue)
    return results


def write_reports(
    publication: Publication, made_from: Provenance, *, folder: Path, cells: Mapping[str, int]
) -> None:
    """Pages, PDFs, notebooks, and the files of their exhibits, in each language of the run.

    cells: as of build.pages.
    """
    executed = [
        Executed(
            stem=stage.stem,
            notebook=with_outputs(stage, publication.entries[stage.stem].notebook),
            values=made_from.stages[stage.stem].parameters,
            status="complete" if publication.entries[stage.stem].fresh else "cached",
        )
        for stage in publication.stages
    ]
    made = build.editions(executed, made_from=made_from)
    for edition, reports in made.items():
        with language.use(edition.code):
            _write_language(
                publication, made_from, reports, edition, folder / edition.folder, cells=cells
            )
    files.put(folder / contents.FILE, contents.written(made, made_from=made_from))


def _write_language(
    publication: Publication,
    made_from: Provenance,
    reports: Sequence[build.Report],
    edition: Edition,
    folder: Path,
    *,
    cells: Mapping[str, int],
) -> None:
    """Pages of a report in the language in use."""
    (folder / "notebooks").mkdir(parents=True)
    for report in reports:
        (folder / f"{report.stem}.pdf").write_bytes(report.pdf)
        files.put(folder / "notebooks" / f"{report.stem}.ipynb", report.notebook)
        about = {**_about_run(made_from), "report": report.title}
        downloads.write_exhibits(report.exhibits, stem=report.stem, about=about, folder=folder)
    offered = [
        _offered(name, stem=stem, path=publication.results[name][1])
        for name, (stem, _path) in sorted(publication.results.items())
    ]
    pages = build.pages(
        reports, made_from=made_from, downloads=offered, edition=edition, cells=cells
    )
    for name, text in pages.items():
        files.put(folder / name, text)


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


def about_parts(publication: Publication) -> dict[str, About]:
    """Part of the data -> population, n and source, where a stage has counted it."""
    counted = {
        kinds.COHORT: (POPULATION, exhibit.about),
        kinds.COUNTRY: (COUNTRY_FACTS, exhibit.about_country),
    }
    return {
        part: about(pd.read_parquet(publication.results[table][1]))
        for part, (table, about) in counted.items()
        if table in publication.results
    }


def _about_part(about: About | None) -> dict[str, str]:
    if about is None:
        return {}
    return {"population": str(about.population), "source": str(about.source)}


def _about_run(made_from: Provenance, *, part: str | None = None) -> Mapping[str, str]:
    """What the first sheet of every workbook says about the run.

    part: of the data, empty for a table without any; None: what the exhibit says of them counts.
    """
    data = {} if part is None else {"data": kinds.of_part(made_from.drawn, part)}
    return {"run": f"{made_from.run}: {made_from.title}", "commit": made_from.commit, **data}


def _offered(name: str, *, stem: str, path: Path) -> Download:
    frame = pd.read_parquet(path)
    size = len(rounding.csv(frame).encode())
    return Download(name, described(name, stem=stem)["title"], len(frame), size)
