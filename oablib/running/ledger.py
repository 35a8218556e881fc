"""What the report of a run's name has shown, and of whom: the next one is held against it.

.work/<run>/ledger/now belongs to the report as it is published, ledger/before to the one before
it: a run on the same inputs as the published one reads the same ledger as that did, and so changes
nothing. It is private, and lives as long as the report does.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oablib.base import files
from oablib.base.errors import DisclosureError
from oablib.base.files import sha256
from oablib.disclosure import held
from oablib.running.stages import key
from oablib.running.stages.cache import Entry
from oablib.running.stages.declared import LEDGER, Stage

NOW, BEFORE, NOTE = "now", "before", "ledger.json"
GIVEN = f"delivered {LEDGER}/"
SHOWN = "school_scores.csv"
"""Results table whose rows are held."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledgers of a run; work: its private folder."""

    work: Path

    @property
    def folder(self) -> Path:
        """Where they are."""
        return self.work / LEDGER

    def paths(self, parts: Mapping[str, str]) -> dict[str, Path]:
        """Files for a stage that is made from these parts: path in its folder -> file."""
        same = files.read_json(self.folder / NOTE).get("made_from") == key.key(parts)
        chosen = self.folder / (BEFORE if same else NOW)
        names = [f"{name}.parquet" for name in (held.ROWS, held.CHILDREN)]
        there = all((chosen / name).is_file() for name in names)
        return {f"{LEDGER}/{name}": chosen / name for name in names} if there else {}

    def components(self, parts: Mapping[str, str]) -> dict[str, str]:
        """What the files add to the key of the stage."""
        return {f"delivered {name}": sha256(path) for name, path in self.paths(parts).items()}

    def update(self, stages: Sequence[Stage], entries: Mapping[str, Entry]) -> None:
        """After a report was published: its ledger becomes the one that counts."""
        for stage in stages:
            if LEDGER in stage.reads:
                self._take(entries[stage.stem])

    def fail_if_absent(self, report: Path, new: Path, *, drawn: bool) -> None:
        """Raise DisclosureError where nothing tells which children an earlier report was made of.

        report, new: folders of the earlier report and of its successor. drawn: whether a program
        made the children up.
        """
        earlier, shown = (folder / "tables" / SHOWN for folder in (report, new))
        known = (self.folder / NOW).is_dir() or drawn
        if known or not (earlier.is_file() and shown.is_file()) or sha256(earlier) == sha256(shown):
            return
        raise DisclosureError(
            f"{report.name} was published before, with other scores of school sites, and nothing "
            f"here says of which children: {self.folder} is absent. Two reports that differ by one "
            "child show its school and score. Give the run another name, or make it where the "
            "first one was made."
        )

    def _take(self, entry: Entry) -> None:
        own = {name: text for name, text in entry.components.items() if not name.startswith(GIVEN)}
        if files.read_json(self.folder / NOTE).get("made_from") == key.key(own):
            return
        new = self.folder / "new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700, parents=True)
        for name in (held.ROWS, held.CHILDREN):
            shutil.copyfile(entry.folder / f"private/{name}.parquet", new / f"{name}.parquet")
        shutil.rmtree(self.folder / BEFORE, ignore_errors=True)
        if (self.folder / NOW).is_dir():
            (self.folder / NOW).rename(self.folder / BEFORE)
        new.rename(self.folder / NOW)
        files.write(self.folder / NOTE, json.dumps({"made_from": key.key(own)}))
