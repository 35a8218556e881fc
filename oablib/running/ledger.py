"""What the report of a run's name has shown, and of whom: the next one is held against it.

.work/<run>/ledger/<stem>/now is what a stage wrote for the report as it is published, before for
the one before it: a run on the same inputs as the published one reads the same ledger as that did,
and so changes nothing. Ledgers are private, and live as long as the report does.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oablib.base import files
from oablib.base.errors import DisclosureError
from oablib.base.files import sha256
from oablib.disclosure.ledger import FOLDER, PREFIX
from oablib.disclosure.of_places import held
from oablib.running.stages import key
from oablib.running.stages.cache import Entry
from oablib.running.stages.declared import LEDGER, Stage

NOW, BEFORE, NOTE = "now", "before", "ledger.json"
GIVEN = f"delivered {FOLDER}/"
SHOWN = "school_scores.csv"
"""Results table whose rows are held."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledgers of a run; work: its private folder."""

    work: Path

    def of(self, stage: Stage) -> Path:
        """Where those of a stage are."""
        return self.work / LEDGER / stage.stem

    def paths(self, stage: Stage, parts: Mapping[str, str]) -> dict[str, Path]:
        """Files for a stage that is made from these parts: path in its folder -> file.

        parts: as from `key.components`, with or without what `components` adds.
        """
        if LEDGER not in stage.reads:
            return {}
        same = files.read_json(self.of(stage) / NOTE).get("made_from") == _without_ledger(parts)
        chosen = self.of(stage) / (BEFORE if same else NOW)
        paths = [chosen / f"{name}.parquet" for name in _tables(stage)]
        there = all(path.is_file() for path in paths)
        return {f"{FOLDER}/{path.name}": path for path in paths} if there else {}

    def components(self, stage: Stage, parts: Mapping[str, str]) -> dict[str, str]:
        """What the files add to the key of the stage."""
        paths = self.paths(stage, parts).items()
        return {f"delivered {name}": sha256(path) for name, path in paths}

    def update(self, stages: Sequence[Stage], entries: Mapping[str, Entry]) -> None:
        """After a report was published: its ledger becomes the one that counts."""
        for stage in stages:
            if LEDGER in stage.reads:
                self._take(stage, entries[stage.stem])

    def fail_if_absent(self, report: Path, new: Path, *, drawn: bool) -> None:
        """Raise DisclosureError where nothing tells which children an earlier report was made of.

        report, new: folders of the earlier report and of its successor. drawn: whether a program
        made the children up.
        """
        earlier, shown = (folder / "tables" / SHOWN for folder in (report, new))
        known = drawn or any((self.work / LEDGER).glob(f"*/{NOW}/{held.ROWS}.parquet"))
        if known or not (earlier.is_file() and shown.is_file()) or sha256(earlier) == sha256(shown):
            return
        raise DisclosureError(
            f"{report.name} was published before, with other scores of school sites, and nothing "
            f"here says of which children: {self.work / LEDGER} is absent. Two reports that differ "
            "by one child show its school and score. Give the run another name, or make it where "
            "the first one was made."
        )

    def _take(self, stage: Stage, entry: Entry) -> None:
        made_from = _without_ledger(entry.components)
        folder = self.of(stage)
        if files.read_json(folder / NOTE).get("made_from") == made_from:
            return
        new, now, before = (folder / name for name in ("new", NOW, BEFORE))
        shutil.rmtree(new, ignore_errors=True)
        files.private_folder(new)
        for name in _tables(stage):
            shutil.copyfile(entry.folder / f"private/{name}.parquet", new / f"{name}.parquet")
        shutil.rmtree(before, ignore_errors=True)
        if now.is_dir():
            now.rename(before)
        new.rename(now)
        files.write(folder / NOTE, json.dumps({"made_from": made_from}))


def _without_ledger(parts: Mapping[str, str]) -> str:
    """Key of what a stage is made from but for its ledger, by which a publication is known."""
    return key.key({name: text for name, text in parts.items() if not name.startswith(GIVEN)})


def _tables(stage: Stage) -> list[str]:
    """Private tables of a stage that make up its ledger."""
    return sorted(name for name in stage.writes if name.startswith(PREFIX))
