"""reports/index.html: all runs with their reports, to search and filter from the file system.

The one page with a script. Its content policy names the script by its digest, so that no other
can run, and without it the whole list is there.
"""

import base64
import hashlib
import json
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
    text = page(_runs(reports))
    with files.at(reports / "index.html") as part:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.chmod(0o644)


def page(runs: list[Run]) -> str:
    """The page as HTML."""
    style, own, script = (_asset(name) for name in ("report.css", "front.css", "front.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    made = jinja2.Environment(loader=jinja2.FileSystemLoader(ASSETS), autoescape=True)
    return made.get_template("front.html").render(
        runs=runs, style=Markup(style), own_style=Markup(own), script=Markup(script), digest=digest
    )


def _runs(reports: Path) -> list[Run]:
    """Runs with a report, and runs that have only failed, by name."""
    work = reports.parent / params.WORK
    names = {path.parent.name for path in reports.glob(f"*/{CONTENTS}")}
    names |= {path.parent.name for path in work.glob(f"*/{ATTEMPT}")}
    found = (_run(name, reports=reports, work=work) for name in sorted(names))
    return [run for run in found if run is not None]


def _run(name: str, *, reports: Path, work: Path) -> Run | None:
    failure = _failure(work / name / ATTEMPT)
    try:
        told = json.loads((reports / name / CONTENTS).read_text(encoding="utf-8"))
        if told["schema"] != SCHEMA:
            raise ValueError
        made = tuple(dict(each) for each in told["reports"])
        return Run(name, str(told["title"]), bool(told["synthetic"]), made, failure)
    except (OSError, ValueError, KeyError, TypeError):
        return Run(name, name, failure=failure) if failure else None


def _failure(path: Path) -> dict[str, str]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        wanted = {"stage": str(told["stage"]), "when": str(told["when"])}
        return {} if told["finished"] else wanted
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")
