"""Work beside this process: fresh processes with one thread each, here or on a cluster."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

from oablib import params
from oablib.base import withheld
from oablib.base.errors import IncompleteRunError
from oablib.workers import cluster
from oablib.workers.cluster import variables_set

# Read by the libraries of linear algebra when they are loaded. With several threads sums come in
# another order from run to run, and processes side by side get into each other's way.
SINGLE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
SCHEDULER = "OAB_SCHEDULER"
"""Names the address of a Dask scheduler whose workers take the place of local processes."""

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def is_alone(workers: int) -> bool:
    """Whether tasks are to be done in this process: one worker, no scheduler, or itself a task."""
    return cluster.is_task() or (workers == 1 and not os.environ.get(SCHEDULER))


def each(
    work: Callable[[_Task], _Result], tasks: Sequence[_Task], *, workers: int
) -> Iterator[tuple[int, _Result]]:
    """Number and result of each task, in the order in which they get ready.

    work: a function of a module (or a partial of one) that depends on its task alone, for a task
    may be done twice. Raises what work raises, IncompleteRunError when a process dies, and as
    cluster.executor does. A single task is done in this process, as if there were one worker.
    """
    workers = max(1, min(workers, len(tasks)))
    if is_alone(workers):
        yield from ((number, work(task)) for number, task in enumerate(tasks))
        return
    with pool(workers) as executor:
        numbers = {executor.submit(work, task): number for number, task in enumerate(tasks)}
        for future in as_completed(list(numbers)):
            yield numbers.pop(future), future.result()


@contextmanager
def at(scheduler: str) -> Iterator[None]:
    """Let a block work on the cluster of a scheduler; where it is empty, as set before."""
    with variables_set({SCHEDULER: scheduler} if scheduler else {}):
        yield


@contextmanager
def pool(workers: int) -> Iterator[Executor]:
    """An executor for the tasks of a block; tasks not begun at its end are dropped.

    It has `workers` processes, or the workers of the scheduler that OAB_SCHEDULER names.
    """
    address = os.environ.get(SCHEDULER)
    if address:
        rules = params.root() / "params"
        with cluster.executor(address, rules=rules, environment=SINGLE_THREAD) as executor:
            yield executor
        return
    spawn = get_context("spawn")
    local = ProcessPoolExecutor(workers, mp_context=spawn, initializer=withheld.install)
    try:
        with variables_set(SINGLE_THREAD), local as executor:
            try:
                yield executor
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                raise
            # Waited for, so that no semaphore of it is left when a kernel is killed after its end.
            executor.shutdown(wait=True, cancel_futures=True)
    except BrokenProcessPool:
        raise IncompleteRunError(
            f"One of {workers} processes ended before its task did, most often because memory ran "
            "out; start again with fewer workers."
        ) from None
