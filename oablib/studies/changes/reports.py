"""The two reports of a comparison, as they are published."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from oablib.base import language
from oablib.base.errors import InputError
from oablib.base.files import read_json
from oablib.base.language import Words
from oablib.params import strict_yaml

BEFORE, AFTER = "before", "after"
MANIFEST, CATALOGUE = "manifest.json", "tables/catalogue.json"
SYNTHETIC = "synthetic"
SCHEMA = 2


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """One report: its folder and its manifest."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def run(self) -> str:
        """Name of the run."""
        return str(self.manifest["run"])

    @property
    def tables(self) -> list[str]:
        """Names of its results tables."""
        return sorted(name.removesuffix(".csv") for name in self.manifest["results"])

    def table(self, name: str) -> pd.DataFrame | None:
        """A results table, None where the report has none of this name."""
        path = self.folder / "tables" / f"{name}.parquet"
        return pd.read_parquet(path) if path.is_file() else None

    @property
    def drawn(self) -> bool:
        """Whether its children are synthetic, all of them."""
        if stated := self.manifest.get("drawn"):
            return all(stated.values())
        population = self.table("population")
        if population is not None and "drawn" in population:
            return bool(population["drawn"].iloc[0])
        return bool(self.manifest["parameters"]["data"] == SYNTHETIC)

    @property
    def titles(self) -> dict[str, Words]:
        """Titles of its results tables, by name; none in a report without a catalogue."""
        described = read_json(self.folder / CATALOGUE)
        return {name: _title(entry) for name, entry in described.items()}

    def pages(self, code: str) -> dict[str, Path]:
        """Its pages in a language: stem -> file; none where it has none."""
        named = str(self.manifest["parameters"].get("languages", " ".join(language.LANGUAGES)))
        first, *others = named.split()
        if code not in (first, *others):
            return {}
        folder = self.folder if code == first else self.folder / code
        return {path.stem: path for path in sorted(folder.glob("[0-9]*.html"))}

    def digest(self, name: str) -> str:
        """Digest of a results table; empty where there is none."""
        return str(self.manifest["results"].get(f"{name}.csv", ""))


@dataclass(frozen=True, slots=True, eq=False)
class ReportPair:
    """Both reports; the second is the one whose changes are reported."""

    before: Report
    after: Report

    @property
    def outcome(self) -> str:
        """Name of the outcome in the model of `after`, as its copy of the rules says."""
        name = self.after.manifest["parameters"]["model"]
        path = self.after.folder / "params" / "models" / f"{name}.yaml"
        return str(strict_yaml.read(path).values["outcome"])

    @property
    def names(self) -> dict[str, str]:
        """Headings of the two columns of a table."""
        return {BEFORE: self.before.run, AFTER: self.after.run}

    @property
    def drawn(self) -> bool | None:
        """Whether the children of both are synthetic; None where only those of one are."""
        drawn = {self.before.drawn, self.after.drawn}
        return drawn.pop() if len(drawn) == 1 else None

    @property
    def titles(self) -> dict[str, Words]:
        """Titles of the results tables of both, by name."""
        return self.before.titles | self.after.titles

    def both(self, name: str) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """A results table of both reports, None where one lacks it."""
        first, second = self.before.table(name), self.after.table(name)
        return None if first is None or second is None else (first, second)


def files(report: Path) -> dict[str, Path]:
    """Files of a report that a comparison reads: name within it -> file.

    Raises InputError when there is no report, or one without a manifest of this version.
    """
    manifest(report)
    translated = (f"{code}/*.html" for code in language.LANGUAGES)
    kinds = (MANIFEST, "*.html", *translated, "tables/*.parquet", CATALOGUE, "params/*/*.yaml")
    paths = (path for kind in kinds for path in sorted(report.glob(kind)))
    return {path.relative_to(report).as_posix(): path for path in paths}


def read(folder: Path) -> ReportPair:
    """Both reports from a folder that holds one as `before` and one as `after`."""
    return ReportPair(*(Report(folder / name, manifest(folder / name)) for name in (BEFORE, AFTER)))


def manifest(report: Path) -> dict[str, Any]:
    """The manifest of a report; raises InputError as `files` does."""
    try:
        content = json.loads((report / MANIFEST).read_bytes())
    except (OSError, ValueError):
        raise InputError(
            f"reports/{report.name} holds no manifest that can be read; make the report with "
            f"`oab run {report.name}`."
        ) from None
    if content.get("schema") != SCHEMA:
        raise InputError(
            f"reports/{report.name} has a manifest of schema {content.get('schema')}; expected "
            f"{SCHEMA}. Make the report anew."
        )
    return dict(content)


def _title(entry: Mapping[str, Any]) -> Words:
    """The title of a table, from its entry in a catalogue; a report may be in one language."""
    titles = {code: str(entry[code]["title"]) for code in language.LANGUAGES if code in entry}
    first = next(iter(titles.values()), "")
    return Words(**dict.fromkeys(language.LANGUAGES, first) | titles)
