"""Results of stages, kept by what they were made from and used again only when they are intact.

.work/.cache/<stem>/<key>/ holds the executed notebook, the tables and record.json. An entry is
written elsewhere and renamed when it is whole; one whose files do not have the digests of its
record is removed and made again.
"""

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oablib import params
from oablib.base import files
from oablib.base.files import sha256
from oablib.running.stages import key as stage_key
from oablib.running.stages.task import EXECUTED, PRIVATE, RESULTS, Times

CACHE = Path(params.WORK, ".cache")
RECORD = "record.json"
KEPT = 20  # entries for each stage: the variants of a day


@dataclass(frozen=True, slots=True)
class Entry:
    """A kept result; what follows `folder` is in its record.

    components: what the key was made from. files: path in the entry -> digest. seconds: from the
    start of its work, in_cells: of these in the cells of the notebook. fresh: made in this run.
    """

    stem: str
    folder: Path
    key: str
    components: Mapping[str, str]
    files: Mapping[str, str]
    seconds: float
    in_cells: float
    fresh: bool = False

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.folder / EXECUTED

    def tables(self) -> dict[str, Path]:
        """Path in a stage's folder (private/cohort.parquet) -> file."""
        return {name: self.folder / name for name in self.files if name != EXECUTED}

    def digests(self) -> dict[str, str]:
        """Table -> digest."""
        return {path.stem: self.files[name] for name, path in self.tables().items()}

    def is_intact(self) -> bool:
        """Whether all its files are as they were kept. Raises OSError when one is absent."""
        return all(sha256(self.folder / name) == digest for name, digest in self.files.items())


def find(stem: str, key: str) -> Entry | None:
    """The intact entry of this key, None when there is none; a damaged one is removed."""
    folder = _folder(stem) / key
    with suppress(OSError, TypeError):
        entry = Entry(stem, folder, **files.read_json(folder / RECORD))
        if entry.key == key and entry.is_intact():
            os.utime(folder)  # used just now: the last to be removed
            return entry
    shutil.rmtree(folder, ignore_errors=True)
    return None


def keep(made: Path, *, stem: str, components: Mapping[str, str], times: Times) -> Entry:
    """Move what a stage made into the cache, in place of an earlier result of the same key."""
    tables = (path for name in (PRIVATE, RESULTS) for path in (made / name).iterdir())
    paths = [made / EXECUTED, *sorted(tables)]
    record: dict[str, Any] = {
        "key": stage_key.key(components),
        "components": dict(components),
        "files": {path.relative_to(made).as_posix(): sha256(path) for path in paths},
        "seconds": round(times.seconds, 3),
        "in_cells": round(times.in_cells, 3),
    }
    files.put(made / RECORD, json.dumps(record, indent=1))
    target = _folder(stem) / record["key"]
    target.parent.mkdir(parents=True, exist_ok=True)
    _replace(made, target)
    _remove_the_oldest(target.parent)
    return Entry(stem, target, **record, fresh=True)


def kept() -> dict[str, Path]:
    """All that is kept: <stem>/<key> -> folder, whose time is that of its last use."""
    root = params.root() / CACHE
    folders = [path for path in sorted(root.glob("*/*")) if path.is_dir()]
    return {path.relative_to(root).as_posix(): path for path in folders}


def _replace(made: Path, target: Path) -> None:
    """Rename a folder; another run may do the same at this moment with the same result."""
    old = made.with_name(f"{made.name}.old")
    with suppress(OSError):
        target.rename(old)
    try:
        made.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    shutil.rmtree(old, ignore_errors=True)


def _folder(stem: str) -> Path:
    return params.root() / CACHE / stem


def _remove_the_oldest(folder: Path) -> None:
    entries = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for entry in entries[KEPT:]:
        shutil.rmtree(entry, ignore_errors=True)
