"""Reports of four runs that differ in data, model and findings, made once for all tests.

Two are drawn by the project, one is of real pupils with another model, and one of a cohort and a
country that another generator delivers. The codebook of one has hostile labels in Dutch.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests import other_generator
from tests.places import ROOT
from tests.runs import sentinel

FEW = ("imputations=2", "iterations=1", "draws=10", "splits=2")
FEW_OF_COUNTRY = (*FEW, "education_draws=2")
DELIVERED = ("snijders-bosker", "elsewhere")
DRAWN = ("demo", "herijking-2021")
VALUES: dict[str, Sequence[str]] = {
    "herijking-2021": (*FEW_OF_COUNTRY, "n=2400", "country_share=0.02"),
    "elsewhere": (),
    "demo": (*FEW_OF_COUNTRY, "n=1200", "country_share=0.003"),
    "snijders-bosker": ("draws=10", "splits=2"),
}
"""Run -> values that make it small; those that take longest first."""
SHARED = ("demo", "snijders-bosker")
"""Runs that other tests make as well."""
ALL = bool(os.environ.get("OAB_FOUR_RUNS"))
"""Whether to make all four, as `python3 nox.py -s four_runs` does (3 minutes more)."""
SECONDS = 600
WAVES = re.compile(
    r"( +- \{code: )\d{4}, key: \"\d{4}\".*\n(?: +- \{code: \d{4}, key: \"\d{4}\".*\n)+"
)
ORIGIN = "  intelligence_origin:"
HOSTILE = {
    "Basisonderwijs": "<script>alert(1)</script>",
    "Vmbo-b/k, mbo1": "=cmd|'/C calc'!A0",
    "Vmbo-g/t, avo onderbouw": "\"'><img src=x onerror=alert(2)>",
    "Mbo2 en mbo3": "\N{RIGHT-TO-LEFT OVERRIDE}gnittes",
    "Mbo4": '$\\input{/etc/passwd}$ #read("/etc/passwd") [x](javascript:alert(3))',
}
"""Dutch label of a level of education -> what stands in its place in the run `demo`."""


@dataclass(frozen=True)
class Made:
    """A report: name of its run, the project that it was made in, and its folder."""

    run: str
    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "reports" / self.run

    def pages(self, language: str) -> list[Path]:
        """Pages in a language, that of the source at the top of the folder."""
        folder = self.folder if language == "en" else self.folder / language
        return sorted(folder.glob("*.html"))


def make(run: str, root: Path) -> Made:
    """Make one of the runs in an empty folder, in both languages."""
    shutil.copytree(ROOT / "params", root / "params")
    (root / "notebooks").symlink_to(ROOT / "notebooks")
    if run == "elsewhere":
        deliver(root)
    if run == "demo":
        make_hostile(root / "params" / "rules" / "codebook.yaml")
    words = [sys.executable, "-m", "oablib", "run", run, "--quiet"]
    done = subprocess.run(
        [*words, *(f"--set={value}" for value in VALUES[run])],
        env=os.environ | {"OAB_ROOT": str(root), "PYTHONPATH": str(ROOT)},
        cwd=root, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Made(run, root)


class Reports:
    """Reports that are made when they are first asked for."""

    def __init__(self, root_of: Callable[[str], Path]) -> None:
        self._root_of = root_of
        self._made: dict[str, Made] = {}

    def of(self, *runs: str) -> dict[str, Made]:
        """Those of some runs, two made at a time: each waits for one of its threads at times."""
        absent = [run for run in runs if run not in self._made]
        with ThreadPoolExecutor(2) as threads:
            roots = [self._root_of(run) for run in absent]
            made = threads.map(make, absent, roots)
            self._made |= {each.run: each for each in made}
        return {run: self._made[run] for run in runs}


def deliver(root: Path) -> None:
    """The other data holder's files, with waves of its own and a path that it judges founded."""
    cohort = other_generator.deliver_cohort(root / "delivery")
    sentinel.plant(cohort, other_generator.deliver_country(root / "country"))
    shutil.copy(Path(__file__).with_name("elsewhere.yaml"), root / "params" / "runs")
    waves = "".join(
        rf'\g<1>{wave}, key: "{wave}", nl: "Schooljaar {wave}", en: "School year {wave}"}}' + "\n"
        for wave in other_generator.WAVES
    )
    rules = root / "params" / "rules"
    replace(rules / "codebook.yaml", lambda text: WAVES.sub(waves, text, count=1))
    replace(rules / "literature.yaml", _founded)


def make_hostile(codebook: Path) -> None:
    """Give levels of education Dutch labels that act where they are not taken as text."""
    content = yaml.safe_load(codebook.read_text(encoding="utf-8"))
    for level in content["lists"]["education"]:
        level["nl"] = HOSTILE.get(level["nl"], level["nl"])
    codebook.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def replace(path: Path, change: Callable[[str], str]) -> None:
    """Change the text of a file; fails where there is nothing to change."""
    text = path.read_text(encoding="utf-8")
    changed = change(text)
    assert changed != text, f"nothing to change in {path}"
    path.write_text(changed, encoding="utf-8")


def _founded(text: str) -> str:
    start = text.index(ORIGIN)
    return text[:start] + text[start:].replace("grounding: insufficient", "grounding: accepted", 1)
