"""Run the stages that have to run, side by side where their tables allow it, each at most once."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oablib.running.delivery import Delivery
from oablib.running.kernels import execute as kernel
from oablib.running.kernels.execute import Kernels
from oablib.running.ledger import Ledger
from oablib.running.progress import Progress
from oablib.running.stages import cache, key
from oablib.running.stages import task as stage_task
from oablib.running.stages.cache import Entry
from oablib.running.stages.declared import Stage, needs
from oablib.running.stages.task import StageTask, Times
from oablib.workers import modules

TICK = 0.5  # seconds between looks at what is under way
_ON_REQUEST = "on request"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run gives its stages: its parameters, its data, and what it has published before."""

    parameters: Mapping[str, str | int | float]
    delivery: Delivery
    ledger: Ledger

    @property
    def values(self) -> dict[str, str | int | float]:
        """Parameters as notebooks get them."""
        return {**self.parameters, "data": self.delivery.data, "country": self.delivery.country}

    def components(self, stage: Stage, done: Mapping[str, Entry]) -> dict[str, str]:
        """What a stage's result depends on, once the stages before it are done."""
        written = {name: digest for e in done.values() for name, digest in e.digests().items()}
        tables = {name: written[name] for name in sorted(stage.inputs) if name in written}
        delivered = self.delivery.fingerprints(stage.inputs)
        parts = key.components(stage, self.values, tables=tables, delivery=delivered)
        return parts | self.ledger.components(stage, parts)

    def files(
        self, stage: Stage, done: Mapping[str, Entry], *, parts: Mapping[str, str]
    ) -> dict[str, Path]:
        """Path in a stage's folder -> file, of all that it may read; parts: its components."""
        tables = {name: path for e in done.values() for name, path in e.tables().items()}
        wanted = {name: path for name, path in tables.items() if path.stem in stage.inputs}
        wanted |= self.ledger.paths(stage, parts)
        return key.files(stage, self.values) | self.delivery.wanted(stage.inputs) | wanted


@dataclass(slots=True)
class Engine:
    """Where stages run; started when there is something to run.

    scheduler: address of a Dask scheduler, empty for kernels of this machine. stages: those that
    may run.
    """

    scheduler: str
    kernels: Kernels
    stages: Sequence[Stage]
    stack: ExitStack
    executor: Executor | None = None

    def start(self) -> Executor:
        """Get ready: workers of a cluster, or threads here, each of which waits for a kernel.

        What that takes passes while the caller does something else.
        """
        if self.executor is None and self.scheduler:
            from oablib.workers import cluster

            self.executor = self.stack.enter_context(cluster.executor(self.scheduler))
        elif self.executor is None:
            self.executor = ThreadPoolExecutor(os.cpu_count() or 1)
            self.stack.callback(self.executor.shutdown, wait=True, cancel_futures=True)
            # Entered last, so that kernels end before their threads are waited for.
            imported = modules.of_cells(cell for stage in self.stages for cell in stage.code)
            self.stack.enter_context(kernel.opened(self.kernels, modules=imported))
            self.executor.submit(kernel.load, self.kernels)
        return self.executor

    def submit(self, task: StageTask, folder: Path) -> Future:
        """Run a task as soon as there is room; `received` takes what the future returns."""
        if self.scheduler:
            return self.start().submit(stage_task.execute_packed, stage_task.packed(task))
        return self.start().submit(stage_task.execute, task, folder)

    def received(self, result: Any, folder: Path) -> Times:
        """What a task made is in its folder; the time that it took."""
        if self.scheduler:
            contents, result = result
            stage_task.unpack(contents, folder)
        return result


@contextmanager
def engine(
    stages: Sequence[Stage], *, scheduler: str = "", kernels: Kernels = "forked"
) -> Iterator[Engine]:
    """An engine for a block; at the block's end what is under way is ended as well."""
    with ExitStack() as stack:
        yield Engine(scheduler, kernels, stages, stack)


@dataclass(slots=True)
class Walk:
    """One pass over the stages; each is executed at most once.

    attempt: private folder for what is under way. note: called with stem and key of each stage
    before its result is looked for or made. again: stems to execute whatever is kept.
    last: what each stage was made from in the last run, to say why it runs.
    done: results so far, running: what is under way.
    """

    stages: Sequence[Stage]
    inputs: Inputs
    attempt: Path
    engine: Engine
    progress: Progress
    note: Callable[[str, str], None]
    again: frozenset[str] = frozenset()
    last: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    done: dict[str, Entry] = field(default_factory=dict)
    running: dict[Future, tuple[Stage, dict[str, str]]] = field(default_factory=dict)

    def results(self) -> dict[str, Entry]:
        """Results of all stages, kept or executed; stem -> entry, in their order.

        Raises what a notebook raised on purpose, and IncompleteRunError when one did not finish.
        """
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
        parts = self.inputs.components(stage, self.done)
        self.note(stage.stem, key.key(parts))
        again = stage.stem in self.again
        entry = None if again else cache.find(stage.stem, key.key(parts))
        if entry is not None:
            self.done[stage.stem] = entry
            self.progress.unchanged(stage.stem)
            return
        why = [_ON_REQUEST] if again else key.reasons(self.last.get(stage.stem, {}), parts)
        self.progress.detail(f"{stage.stem} runs: {key.shown(why)}")
        self.progress.start(stage.stem)
        future = self.engine.submit(self._task(stage, parts), self.attempt / stage.stem)
        self.running[future] = (stage, parts)

    def _task(self, stage: Stage, parts: Mapping[str, str]) -> StageTask:
        return StageTask(
            stem=stage.stem,
            notebook=stage.text,
            values=key.values_of(stage, self.inputs.values),
            files=self.inputs.files(stage, self.done, parts=parts),
            writes=frozenset(stage.writes),
            may_write=frozenset(stage.may_write),
            scheduler=self.engine.scheduler,
            kernels=self.engine.kernels,
            roles_only=stage.model == key.ROLES,
        )

    def _wait(self) -> None:
        """Take in what has finished; without anything under way there is nothing to wait for."""
        finished, _ = wait(self.running, timeout=TICK, return_when=FIRST_COMPLETED)
        for future in finished:
            self._keep(future.result(), *self.running.pop(future))
        self.progress.tick()

    def _keep(self, result: Any, stage: Stage, parts: Mapping[str, str]) -> None:
        stem, folder = stage.stem, self.attempt / stage.stem
        times = self.engine.received(result, folder)
        before = cache.find(stem, key.key(parts))
        entry = cache.keep(folder, stem=stem, components=parts, times=times)
        if before is not None and before.digests() != entry.digests():
            self.progress.say(f"{stem}: the same inputs gave other tables than before.")
        self.done[stem] = entry
        self.progress.finish(stem, times.seconds)


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
    inputs: Inputs | None,
    *,
    again: frozenset[str],
    last: Mapping[str, Mapping[str, str]],
) -> list[Step]:
    """Steps of all stages, in their order.

    inputs: None when the data would have to be drawn first. again: stems that are to be executed
    whatever is kept. last: what each stage was made from in the last run.
    """
    done: dict[str, Entry] = {}
    steps = []
    for stage, ahead in zip(stages, needs(stages).values(), strict=True):
        stem = stage.stem
        undecided = ["data"] if inputs is None and not ahead else sorted(ahead - done.keys())
        if stem in again:
            step = Step(stem, True, (_ON_REQUEST,))
        elif inputs is None or undecided:
            step = Step(stem, None, (f"if the tables of {', '.join(undecided)} change",))
        else:
            parts = inputs.components(stage, done)
            if entry := cache.find(stem, key.key(parts)):
                done[stem] = entry
                step = Step(stem, False, ())
            else:
                step = Step(stem, True, tuple(key.reasons(last.get(stem, {}), parts)))
        steps.append(step)
    return steps
