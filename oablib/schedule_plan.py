"""What a run would do, and why, without doing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oablib import schedule, stage_cache, stage_key
from oablib.schedule import Given
from oablib.stage import Stage, needs
from oablib.stage_cache import Entry


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a plan. runs: True, False, or None where a stage before it decides that."""

    stem: str
    runs: bool | None
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        """As a line for the terminal."""
        verb = {True: "runs", False: "unchanged", None: "may run"}[self.runs]
        return f"{self.stem:<18} {verb:<10} {stage_key.shown(self.reasons)}".rstrip()


def plan(
    stages: Sequence[Stage],
    given: Given | None,
    *,
    again: frozenset[str],
    last: Mapping[str, Mapping[str, str]],
) -> list[Step]:
    """Steps of all stages, in their order.

    given: None when the data would have to be drawn first. again: stems that are to be executed
    whatever is kept. last: what each stage was made from in the last run.
    """
    done: dict[str, Entry] = {}
    return [
        _step(each, given, again=again, last=last.get(each.stem, {}), done=done, ahead=ahead)
        for each, ahead in zip(stages, needs(stages).values(), strict=True)
    ]


def _step(
    stage: Stage,
    given: Given | None,
    *,
    again: frozenset[str],
    last: Mapping[str, str],
    done: dict[str, Entry],
    ahead: set[str],
) -> Step:
    """One step; a stage that is unchanged joins `done`."""
    if stage.stem in again:
        return Step(stage.stem, True, ("as told",))
    unknown = sorted(ahead - done.keys())
    if given is None:
        unknown = [*unknown, *(["data"] if not ahead else [])]
    if given is None or unknown:
        return Step(stage.stem, None, (f"if the tables of {', '.join(unknown)} change",))
    parts = schedule.components(stage, given=given, done=done)
    entry = stage_cache.find(stage.stem, stage_key.key(parts))
    if entry is not None:
        done[stage.stem] = entry
        return Step(stage.stem, False, ())
    return Step(stage.stem, True, tuple(stage_key.reasons(last, parts)))
