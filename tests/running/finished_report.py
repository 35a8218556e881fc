"""A small report as a run leaves it: pages, tables, manifest, and the kept results behind them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
from nbformat.v4 import new_code_cell, new_notebook, new_output

from oablib.base import files, language, rounding
from oablib.base.files import sha256
from oablib.render import downloads
from oablib.report.exhibit import About
from oablib.report.table import show
from oablib.report.translated import InLanguages
from oablib.running.stages import cache
from oablib.running.stages.cache import Entry
from oablib.running.stages.task import Times
from tests.places import ROOT

RUN, INTAKE, ALLOCATION = "mine", "01_intake", "11_allocation"
CERTAINTY = "15_certainty"
FACTS = {"children": 2400, "schools": 171, "source": "a", "source_nl": "b", "drawn": True}
STEPS = pd.DataFrame({"step": ["a"], "reason": "b", "before": [45], "dropped": [0], "after": [45]})
SHARES = pd.DataFrame({"group": ["one", "two"], "n": [40.0, np.nan], "share": [0.5, np.nan]})
CELLS = {"of": "children", "counts": ["n"], "shares": {"share": "n"}, "known": ["group"]}
SITES = pd.DataFrame({
    "school_id": ["00AA00", "00AA01", "01BB00"],
    "n_children": [120, 40, 200],
    "n_target": [30.0, 5.0, 2.0],
    "achterstandsscore": [10.1, 20.2, 0.0],
    "board": ["1", "1", "2"],
    "municipality": ["GM0001", "GM0001", "GM0002"],
})  # fmt: skip
GRANTS = pd.DataFrame({
    "municipality": ["GM0001", "GM0002"],
    "score_t1": [30.3, 0.0],
    "score_t2": [30.1, 0.0],
    "grant": [12_345_678.91, 0.0],
    "at_minimum": False,
})  # fmt: skip
PAYER = {
    "payer_sites": SITES,
    "payer_municipalities": pd.DataFrame({"municipality": ["GM0001"], "A": [0.1 + 0.2]}),
    "payer_grants": GRANTS,
}
SURE = {"payer_certainty": pd.DataFrame({"place": ["00AA00"], "chance": [0.5]})}


def make(
    root: Path, *, country: str = "synthetic", shares: pd.DataFrame = SHARES, cells: Any = CELLS
) -> Path:
    """Put the report into an empty project and return its folder."""
    for name in ("params", "notebooks"):
        (root / name).symlink_to(ROOT / name)
    shown = _shares(shares, cells)
    results = {"population": pd.DataFrame([FACTS]), "intake_steps": STEPS}
    entries = [_keep(root, INTAKE, results=results, shown=[shown])]
    if country:
        entries.append(_keep(root, ALLOCATION, private=PAYER))
        entries.append(_keep(root, CERTAINTY, private=SURE))
    report = root / "reports" / RUN
    _publish(report, results, shown)
    parameters = {
        "run": RUN,
        "title": "Mine",
        "title_nl": "Mijn",
        "languages": "en nl",
        "data": "synthetic",
        "country": country,
        "reference_year": 2020,
        "disclosure_profile": "strict",
        "disclosure_reason": "",
    }
    _write_manifest(report, parameters, entries)
    return report


def _shares(frame: pd.DataFrame, cells: Any) -> InLanguages:
    about = About("pupils of some schools", "a file", drawn=True)
    versions = {}
    for code in language.LANGUAGES:
        with language.use(code):
            versions[code] = show(frame, "shares", title=f"Shares {code}", about=about, cells=cells)
    return InLanguages(versions)


def _keep(
    root: Path,
    stem: str,
    *,
    results: Mapping[str, pd.DataFrame] | None = None,
    private: Mapping[str, pd.DataFrame] | None = None,
    shown: list[InLanguages] | None = None,
) -> Entry:
    made = root / ".work" / f"{stem}.made"
    for folder, frames in (("results", results), ("private", private)):
        (made / folder).mkdir(parents=True)
        for name, frame in (frames or {}).items():
            frame.to_parquet(made / folder / f"{name}.parquet", index=False)
    cells = [
        new_code_cell("x", outputs=[new_output("display_data", data=_bundle(each))])
        for each in shown or []
    ]
    nbformat.write(new_notebook(cells=cells), made / "executed.ipynb")
    return cache.keep(made, stem=stem, components={"of": stem}, times=Times(0.0, 0.0))


def _bundle(shown: InLanguages) -> Any:
    return json.loads(json.dumps(shown._repr_mimebundle_()))


def _publish(report: Path, results: Mapping[str, pd.DataFrame], shown: InLanguages) -> None:
    (report / "tables").mkdir(parents=True)
    for name, frame in results.items():
        files.put(report / "tables" / f"{name}.csv", rounding.csv(frame))
    for code, folder in (("en", report), ("nl", report / "nl")):
        with language.use(code):
            payload = json.loads(json.dumps(shown.versions[code].payload()))
            downloads.write_exhibits([payload], stem=INTAKE, about={}, folder=folder)
        for name in (f"{INTAKE}.html", f"{INTAKE}.pdf", "index.html"):
            (folder / name).write_text(f"{name} {code}")


def _write_manifest(report: Path, parameters: Mapping[str, Any], entries: list[Entry]) -> None:
    paths = [path for path in sorted(report.rglob("*")) if path.is_file()]
    digests = {path.relative_to(report).as_posix(): sha256(path) for path in paths}
    stages = {each.stem: {"key": each.key, "writes": each.digests()} for each in entries}
    manifest = {
        "identity": "0" * 64,
        "commit": "a commit",
        "parameters": parameters,
        "stages": stages,
        "results": {},
        "files": digests,
    }
    files.put(report / "manifest.json", json.dumps(manifest))
