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
from dataclasses import asdict, dataclass
from pathlib import Path

from oablib import params
from oablib.base.files import sha256
from oablib.running.stages import key as stage_key
from oablib.running.stages.task import EXECUTED, PRIVATE, RESULTS, Times

CACHE = Path(params.WORK, ".cache")
RECORD = "record.json"
KEPT = 20  # entries for each stage: the variants of a day


@dataclass(frozen=True, slots=True)
class Record:
    """components: what the key was made from. files: path in the entry -> digest.

    seconds: from the start of its work, in_cells: of these in the cells of the notebook.
    """

    key: str
    components: Mapping[str, str]
    files: Mapping[str, str]
    seconds: float
    in_cells: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A kept result; fresh: it was made in this run."""

    stem: str
    folder: Path
    record: Record
    fresh: bool = False

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.folder / EXECUTED

    def tables(self) -> dict[str, Path]:
        """Path in a stage's folder (private/cohort.parquet) -> file."""
        return {name: self.folder / name for name in self.record.files if name != EXECUTED}

    def digests(self) -> dict[str, str]:
        """Table -> digest."""
        return {path.stem: self.record.files[name] for name, path in self.tables().items()}


def find(stem: str, key: str) -> Entry | None:
    """The intact entry of this key, None when there is none; a damaged one is removed."""
    folder = _folder(stem) / key
    try:
        record = Record(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
        intact = all(sha256(folder / name) == digest for name, digest in record.files.items())
        os.utime(folder)  # used just now: the last to be removed
    except (OSError, ValueError, TypeError):
        record, intact = None, False
    if record is None or not intact or record.key != key:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return Entry(stem, folder, record)


def keep(made: Path, *, stem: str, components: Mapping[str, str], times: Times) -> Entry:
    """Move what a stage made into the cache, in place of an earlier result of the same key."""
    key = stage_key.key(components)
    tables = (path for name in (PRIVATE, RESULTS) for path in (made / name).iterdir())
    paths = [made / EXECUTED, *sorted(tables)]
    files = {path.relative_to(made).as_posix(): sha256(path) for path in paths}
    seconds, in_cells = (round(each, 3) for each in times)
    record = Record(key, dict(components), files, seconds, in_cells)
    (made / RECORD).write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
    target = _folder(stem) / key
    target.parent.mkdir(parents=True, exist_ok=True)
    _replace(made, target)
    _remove_the_oldest(target.parent)
    return Entry(stem, target, record, fresh=True)


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
