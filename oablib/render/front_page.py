"""reports/index.html: all runs with their reports, to search and filter from the file system.

The one page with a script. Its content policy names the script by its digest, so that no other
can run. Without it the whole list is there, once in each language; with it in one of them.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from oablib import params
from oablib.base import files, language
from oablib.render import contents, kinds, templates
from oablib.render.edition import NAMES
from oablib.render.pandoc import ASSETS

ATTEMPT = "last_attempt.json"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the page lists it.

    titles: language -> title. reports: language -> reports as in contents.json; folders: language
    -> folder of its pages. failure: stage and time, when the last attempt did not finish.
    """

    name: str
    titles: Mapping[str, str]
    drawn: Mapping[str, bool] = field(default_factory=dict)
    reports: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    failure: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The language in use where the run has reports in it, else one that it has."""
        current = language.current()
        return current if current in self.titles else next(iter(self.titles))

    @property
    def folder(self) -> str:
        """Way to the pages of that language."""
        within = self.folders.get(self.code, "")
        return f"{self.name}/{within}/" if within else f"{self.name}/"

    @property
    def kind(self) -> str:
        """Its kind of data, in full."""
        return kinds.in_full(self.drawn) if self.drawn else ""

    @property
    def kind_is_announced(self) -> bool:
        """Whether that is a warning."""
        return kinds.is_announced(self.drawn)


def write(reports: Path) -> None:
    """Write index.html into the folder of all reports, from the contents.json of each.

    A report whose contents cannot be read is left out; a run that has only failed is listed.
    """
    files.shared_folder(reports)
    work = reports.parent / params.WORK
    names = {path.parent.name for path in reports.glob(f"*/{contents.FILE}")}
    names |= {path.parent.name for path in work.glob(f"*/{ATTEMPT}")}
    runs = [_run(name, reports=reports, work=work) for name in sorted(names)]
    with files.at(reports / "index.html") as part:
        files.put(part, page([run for run in runs if run is not None]))
        part.chmod(files.READABLE)


def page(runs: list[Run]) -> str:
    """The page as HTML."""
    names = {"style": "report.css", "own_style": "front.css", "script": "front.js"}
    texts = {key: (ASSETS / name).read_text(encoding="utf-8") for key, name in names.items()}
    digest = base64.b64encode(hashlib.sha256(texts["script"].encode()).digest()).decode("ascii")
    parts = {key: Markup(text) for key, text in texts.items()}
    found, lists = templates.environment(), {}
    for code in language.LANGUAGES:
        with language.use(code):
            listing = found.get_template("front_list.html").render(runs=runs, code=code)
        lists[code] = Markup(listing)
    front = found.get_template("front.html")
    return front.render(lists=lists, names=NAMES, digest=digest, **parts)


def _run(name: str, *, reports: Path, work: Path) -> Run | None:
    """A run with a report, or one that has only failed."""
    attempt = files.read_json(work / name / ATTEMPT)
    failed = attempt.get("finished") is False
    failure = {key: str(attempt.get(key, "")) for key in ("stage", "when")} if failed else {}
    found = files.read_json(reports / name / contents.FILE)
    try:
        if found["schema"] != contents.SCHEMA:
            raise ValueError
        parts = {part["language"]: part for part in found["languages"]}
        return Run(
            name=name,
            titles={code: str(found["title"][code]) for code in parts},
            drawn={part: bool(drawn) for part, drawn in found["drawn"].items()},
            reports={code: tuple(map(dict, part["reports"])) for code, part in parts.items()},
            folders={code: str(part["folder"]) for code, part in parts.items()},
            failure=failure,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Run(name, {language.SOURCE: name}, failure=failure) if failure else None
