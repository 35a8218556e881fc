"""reports/index.html: all runs with their reports, to search and filter from the file system.

The one page with a script. Its content policy names the script by its digest, so that no other
can run, and without it the whole list is there.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from oablib import params
from oablib.base import files

ASSETS = Path(__file__).parent / "assets"
CONTENTS, ATTEMPT = "contents.json", "last_attempt.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the page lists it.

    reports: as in contents.json. failure: stage and time, when the last attempt did not finish.
    """

    name: str
    title: str
    synthetic: bool = False
    reports: tuple[Mapping[str, Any], ...] = ()
    failure: Mapping[str, str] = field(default_factory=dict)


def write(reports: Path) -> None:
    """Write index.html into the folder of all reports, from the contents.json of each.

    A report whose contents cannot be read is left out; a run that has only failed is listed.
    """
    reports.mkdir(exist_ok=True)
    work = reports.parent / params.WORK
    names = {path.parent.name for path in reports.glob(f"*/{CONTENTS}")}
    names |= {path.parent.name for path in work.glob(f"*/{ATTEMPT}")}
    runs = [_run(name, reports=reports, work=work) for name in sorted(names)]
    files.write(reports / "index.html", page([run for run in runs if run is not None]))
    (reports / "index.html").chmod(0o644)


def page(runs: list[Run]) -> str:
    """The page as HTML."""
    names = {"style": "report.css", "own_style": "front.css", "script": "front.js"}
    texts = {key: (ASSETS / name).read_text(encoding="utf-8") for key, name in names.items()}
    digest = base64.b64encode(hashlib.sha256(texts["script"].encode()).digest()).decode("ascii")
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(ASSETS), autoescape=True)
    parts = {key: Markup(text) for key, text in texts.items()}
    return templates.get_template("front.html").render(runs=runs, digest=digest, **parts)


def _run(name: str, *, reports: Path, work: Path) -> Run | None:
    """A run with a report, or one that has only failed."""
    attempt = files.read_json(work / name / ATTEMPT)
    failed = attempt.get("finished") is False
    failure = {key: str(attempt.get(key, "")) for key in ("stage", "when")} if failed else {}
    contents = files.read_json(reports / name / CONTENTS)
    try:
        if contents["schema"] != SCHEMA:
            raise ValueError
        listed = tuple(dict(report) for report in contents["reports"])
        return Run(name, str(contents["title"]), bool(contents["synthetic"]), listed, failure)
    except (ValueError, KeyError, TypeError):
        return Run(name, name, failure=failure) if failure else None
