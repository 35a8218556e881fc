"""One flat zip of a report for whoever checks output, as Statistics Netherlands asks for it.

Reports, tables, the n behind their cells, the manifest, digests, and the form that describes each.
Nothing is written when a table or figure may not leave.
"""

from pathlib import Path

import pandas as pd

from oablib import disclosure, params
from oablib.base import rounding
from oablib.base.errors import ParameterError
from oablib.render import output_form
from oablib.render.output_form import Facts
from oablib.running import publication_cells
from oablib.running.export import archive, finished
from oablib.running.export.finished import Finished
from oablib.running.export.lines import Checked
from oablib.running.publication import MANIFEST

FORM = "output_description"
FOLDER = "export"
PAGES = (".html", ".pdf")
UNDERLYING = "n_"
"""Beginning of the name of a file with the n behind each cell."""
ATTACK = "disclosure_attack"


def export(run: str, *, out: Path | None = None) -> Path:
    """Write <run>.zip into a folder, by default .work/<run>/export, and return its path.

    An earlier zip of this name is replaced when the new one is complete. Raises InputError without
    such a report, IncompleteRunError when it is not as its manifest says or what it was made from
    is no longer kept, DisclosureError when a cell may not leave, ParameterError for a folder in
    reports/, EnvironmentFault when the zip cannot be written.
    """
    if out is not None and is_in_reports(out):
        raise ParameterError(f"{out} is in reports/, which runs alone write; give another folder.")
    with finished.opened(run) as report:
        contents = {**_pages(report), **_tables(report)}
        folder = out or report.work / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{run}.zip"
        archive.write(path, contents)
    return path


def is_in_reports(folder: Path) -> bool:
    """Whether a folder is the one that reports are published in, or lies in it."""
    return folder.resolve().is_relative_to((params.root() / "reports").resolve())


def _pages(report: Finished) -> dict[str, bytes]:
    """Pages and PDFs by flat name, as in 11_allocation.en.pdf, and the manifest."""
    pages = {
        f"{path.stem}.{edition.code}{path.suffix}": path.read_bytes()
        for edition in report.editions
        for path in sorted((report.folder / edition.folder).iterdir())
        if path.suffix in PAGES
    }
    return {**pages, MANIFEST: (report.folder / MANIFEST).read_bytes()}


def _tables(report: Finished) -> dict[str, bytes]:
    """Tables, the n behind their cells, and the form, by flat name."""
    made = finished.publication(report)
    publication_cells.fail_if_unsafe(made)
    checked = Checked(report, made, publication_cells.populations_of(made))
    lines, contents = [], dict[str, bytes]()
    for line, own in checked.parts():
        lines.append(line)
        contents |= own
        if line.basis.behind is not None:
            underlying = rounding.csv(line.basis.behind)
            contents[f"{UNDERLYING}{line.name}.csv"] = underlying.encode()
    table, page = output_form.written(lines, _facts(checked))
    return {**contents, f"{FORM}.csv": table, f"{FORM}.html": page}


def _facts(checked: Checked) -> Facts:
    values, results, found = checked.report.manifest["parameters"], checked.made.results, None
    if ATTACK in results:
        measures = pd.read_parquet(results[ATTACK][1]).set_index("measure")["value"]
        found = int(measures["found"])
    return Facts(
        run=checked.report.run,
        titles=[values["title"], values["title_nl"]],
        commit=checked.report.manifest["commit"],
        rules=disclosure.rules(),
        profile=values["disclosure_profile"],
        reason=values["disclosure_reason"],
        found=found,
    )
