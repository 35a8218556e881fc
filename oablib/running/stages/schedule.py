"""Run the stages that have to run, side by side where their tables allow it, each at most once."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from oablib.running.delivery import Delivery
from oablib.running.kernels import execute as kernel
from oablib.running.progress import Progress
from oablib.running.stages import cache, key
from oablib.running.stages import task as stage_task
from oablib.running.stages.cache import Entry
from oablib.running.stages.declared import Stage, needs
from oablib.running.stages.task import StageTask

TICK = 0.5  # seconds between looks at what is under way


@dataclass(frozen=True, slots=True)
class Given:
    """What a run gives its stages. told: its parameters. delivery: its data."""

    told: Mapping[str, str | int | float]
    delivery: Delivery

    @property
    def values(self) -> dict[str, str | int | float]:
        """Parameters as notebooks get them."""
        return {**self.told, "data": self.delivery.data, "country": self.delivery.country}


@dataclass(slots=True)
class Engine:
    """Where stages run; started when there is something to run.

    scheduler: address of a Dask scheduler, empty for kernels of this machine.
    """

    scheduler: str
    stack: ExitStack
    executor: Executor | None = None

    def start(self) -> Executor:
        """Get ready; what that takes passes while the caller does something else."""
        if self.executor is None:
            self.executor = self.stack.enter_context(_executor(self.scheduler))
            if not self.scheduler:
                # Entered last, so that kernels end before their threads are waited for.
                self.stack.enter_context(kernel.warm())
                # papermill takes more than a second to import
                self.executor.submit(import_module, "oablib.running.kernels.client")
        return self.executor


@contextmanager
def engine(scheduler: str) -> Iterator[Engine]:
    """An engine for a block; at the block's end what is under way is ended as well."""
    with ExitStack() as stack:
        yield Engine(scheduler, stack)


@dataclass(slots=True)
class _Running:
    stage: Stage
    components: dict[str, str]
    folder: Path
    began: float


@dataclass(slots=True)
class _Walk:
    """One pass over the stages; done: results so far, running: what is under way."""

    stages: Sequence[Stage]
    given: Given
    attempt: Path
    again: frozenset[str]
    last: Mapping[str, Mapping[str, str]]
    engine: Engine
    progress: Progress
    done: dict[str, Entry] = field(default_factory=dict)
    running: dict[Future, _Running] = field(default_factory=dict)

    def results(self) -> dict[str, Entry]:
        waiting, ahead = list(self.stages), needs(self.stages)
        while waiting or self.running:
            ready = [stage for stage in waiting if ahead[stage.stem] <= self.done.keys()]
            for stage in ready:
                waiting.remove(stage)
                self._find_or_start(stage)
            if not ready:
                self._wait()
        return {stage.stem: self.done[stage.stem] for stage in self.stages}

    def _find_or_start(self, stage: Stage) -> None:
        parts = components(stage, given=self.given, done=self.done)
        entry = None
        if stage.stem not in self.again:
            entry = cache.find(stage.stem, key.key(parts))
        if entry is not None:
            self.done[stage.stem] = entry
            self.progress.unchanged(stage.stem)
            return
        self.progress.detail(f"{stage.stem} runs: {key.shown(self._why(stage, parts))}")
        self.progress.start(stage.stem)
        folder = self.attempt / stage.stem
        started = _Running(stage, parts, folder, time.perf_counter())
        self.running[self._submit(stage, folder)] = started

    def _why(self, stage: Stage, parts: Mapping[str, str]) -> list[str]:
        """What of its components is not as in the last run."""
        if stage.stem in self.again:
            return ["as told"]
        return key.reasons(self.last.get(stage.stem, {}), parts)

    def _submit(self, stage: Stage, folder: Path) -> Future:
        executor, far = self.engine.start(), self.engine.scheduler
        task = _task(stage, self.given, self.done, scheduler=far)
        if far:
            return executor.submit(stage_task.execute_packed, stage_task.pack(task))
        return executor.submit(stage_task.execute, task, folder)

    def _wait(self) -> None:
        """Take in what has finished; without anything under way there is nothing to wait for."""
        finished, _ = wait(self.running, timeout=TICK, return_when=FIRST_COMPLETED)
        for future in finished:
            self._take_in(future.result(), self.running.pop(future))
        self.progress.tick()

    def _take_in(self, result: Any, run: _Running) -> None:
        if self.engine.scheduler:
            contents, cells = result
            stage_task.unpack(contents, run.folder)
        else:
            cells = result
        stem, parts = run.stage.stem, run.components
        before = cache.find(stem, key.key(parts))
        spent = time.perf_counter() - run.began
        entry = cache.keep(run.folder, stem=stem, components=parts, seconds=spent, cells=cells)
        if before is not None and before.digests() != entry.digests():
            self.progress.say(f"{stem}: the same inputs gave other tables than before.")
        self.done[stem] = entry
        self.progress.finish(stem, spent)


def execute(
    stages: Sequence[Stage],
    given: Given,
    *,
    attempt: Path,
    engine: Engine,
    progress: Progress,
    again: frozenset[str] = frozenset(),
    last: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> dict[str, Entry]:
    """Results of all stages, from the cache where it has them; stem -> entry, in their order.

    attempt: private folder for what is under way. again: stems to run whatever the cache holds.
    last: what each stage was made from in the last run, to tell why it runs.
    Raises what a notebook raised on purpose, and IncompleteRunError when one did not finish.
    """
    return _Walk(stages, given, attempt, again, last, engine, progress).results()


def components(stage: Stage, *, given: Given, done: Mapping[str, Entry]) -> dict[str, str]:
    """What the stage's result depends on, once the stages before it are done."""
    digests = {name: digest for entry in done.values() for name, digest in entry.digests().items()}
    tables = {name: digests[name] for name in sorted(stage.inputs) if name in digests}
    delivered = given.delivery.fingerprints(stage.reads)
    return key.components(stage, told=given.values, tables=tables, delivery=delivered)


def _task(stage: Stage, given: Given, done: Mapping[str, Entry], *, scheduler: str) -> StageTask:
    files = key.files(stage, given.values)
    files |= given.delivery.wanted(stage.reads)
    for entry in done.values():
        wanted = {
            place: path for place, path in entry.tables().items() if path.stem in stage.inputs
        }
        files |= wanted
    return StageTask(
        stem=stage.stem,
        notebook=stage.text,
        values=key.values_of(stage, given.values),
        files=files,
        writes=frozenset(stage.writes),
        may_write=frozenset(stage.may_write),
        scheduler=scheduler,
        roles_only=stage.model == key.ROLES,
    )


@contextmanager
def _executor(scheduler: str) -> Iterator[Executor]:
    """The workers of a cluster, or threads here, each of which waits for a kernel."""
    if scheduler:
        from oablib.workers import cluster

        with cluster.executor(scheduler) as executor:
            yield executor
        return
    threads = ThreadPoolExecutor(os.cpu_count() or 1)
    try:
        yield threads
    finally:
        threads.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a plan. runs: True, False, or None where a stage before it decides that."""

    stem: str
    runs: bool | None
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        """As a line for the terminal."""
        verb = {True: "runs", False: "unchanged", None: "may run"}[self.runs]
        return f"{self.stem:<18} {verb:<10} {key.shown(self.reasons)}".rstrip()


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
    parts = components(stage, given=given, done=done)
    entry = cache.find(stage.stem, key.key(parts))
    if entry is not None:
        done[stage.stem] = entry
        return Step(stage.stem, False, ())
    return Step(stage.stem, True, tuple(key.reasons(last, parts)))
