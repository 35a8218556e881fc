"""Remove what holds rows of children: when its owner asks for it, or when nobody used it for long.

That is in two places: private folders of runs, and kept results, which runs share by content.
"""

import shutil
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from oablib import params
from oablib.base.errors import IncompleteRunError, InputError
from oablib.base.wording import did_you_mean
from oablib.running import used, workspace
from oablib.running.housekeeping import settings
from oablib.running.stages import cache
from oablib.running.stages.declared import LEDGER

ONLY_BY_NAME = frozenset({"validation"})
"""Private folders with more than an hour of computation in them: cleared only when named."""

SECONDS_A_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Removed:
    """What went of a run, or of the kept results.

    size: bytes set free. results: kept results among it. shared: runs that used some of them too.
    has_ledger: whether the run's ledger stays.
    """

    name: str
    size: int
    results: int = 0
    shared: tuple[str, ...] = ()
    has_ledger: bool = False

    def __str__(self) -> str:
        """As lines for the terminal."""
        went = f", {self.results} kept results removed" if self.results else ""
        lines = [f"{self.name}: {self.size / 1e6:,.1f} MB set free{went}"]
        lines += [
            f"  some of them were used by {run} as well, which makes them anew when it runs; what "
            f"its own folder holds stays: `oab clean {run}`"
            for run in self.shared
        ]
        if self.has_ledger:
            lines.append(
                "  its ledger stays, for reports that are published rest on it; `oab clean "
                f"{self.name} --ledger` removes it"
            )
        return "\n".join(lines)


def clean(runs: list[str], *, ledger: bool = False) -> list[Removed]:
    """Remove the private folders of runs with all kept results that they used.

    What another run used too goes as well: whoever asks for the removal of children gets it. When
    no run is named, all private folders go but ONLY_BY_NAME, and all kept results. Reports stay,
    and ledgers unless `ledger` is set. Raises InputError for a run without private folder,
    IncompleteRunError for one that is running, or when one runs that uses the same results.
    """
    for run in runs:
        params.fail_if_name_is_unfit(run)
        if not workspace.of(run).is_dir():
            there = [path.name for path in _work_folders()]
            raise InputError(f"Run {run!r} has no private folder{did_you_mean(run, there)}")
    if runs:
        return [_clean_with_results(run, among=runs, ledger=ledger) for run in dict.fromkeys(runs)]
    named = [path.name for path in _work_folders() if path.name not in ONLY_BY_NAME]
    size = workspace.size_of(params.root() / cache.CACHE)
    removed = [_clean(run, ledger=False) for run in named]
    shutil.rmtree(params.root() / cache.CACHE, ignore_errors=True)
    return [*removed, Removed("kept results", size)]


def remove_expired() -> list[Removed]:
    """Remove private folders and kept results that no run used for the days of the rules.

    A run that is running uses its folder; those of ONLY_BY_NAME, and ledgers, do not expire.
    """
    days = settings.rules().unused_days
    limit = time.time() - days * SECONDS_A_DAY
    removed = []
    for folder in _work_folders():
        # Another run that begins at this moment may be removing the same.
        with suppress(IncompleteRunError, FileNotFoundError):
            if folder.name not in ONLY_BY_NAME and _last_used(folder) < limit:
                removed.append(_clean(folder.name, ledger=False))
    old = [path for path in cache.kept().values() if path.stat().st_mtime < limit]
    if old:
        removed.append(Removed("kept results", workspace.remove(old), len(old)))
    return removed


def _clean_with_results(run: str, *, among: list[str], ledger: bool) -> Removed:
    """Remove one of the runs that are named."""
    kept = {name: path for name, path in cache.kept().items() if name in used.of(run)}
    others = [path.name for path in _work_folders() if path.name not in among]
    shared = [other for other in others if used.of(other) & kept.keys()]
    with ExitStack() as stack:
        for other in shared:
            stack.enter_context(workspace.locked(other))
        removed = _clean(run, ledger=ledger, first=kept.values())
    return replace(removed, results=len(kept), shared=tuple(shared))


def _clean(run: str, *, ledger: bool, first: Iterable[Path] = ()) -> Removed:
    has_ledger = not ledger and (workspace.of(run) / LEDGER).is_dir()
    size = workspace.clean(run, keep=() if ledger else (LEDGER,), first=first)
    return Removed(run, size, has_ledger=has_ledger)


def _last_used(folder: Path) -> float:
    """Time of the newest file outside of the ledger; of a folder with nothing else, the future."""
    parts = [path for path in folder.iterdir() if path.name != LEDGER]
    files = [each for part in parts for each in (part, *part.rglob("*"))]
    return max((path.lstat().st_mtime for path in files), default=float("inf"))


def _work_folders() -> list[Path]:
    folder = params.root() / params.WORK
    return [path for path in sorted(folder.glob("[a-z0-9]*")) if path.is_dir()]
