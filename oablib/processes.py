"""Processes beside this one: started fresh, with one thread each."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

# Read by the libraries of linear algebra when they are loaded. With several threads sums come in
# another order from run to run, and processes side by side get into each other's way.
SINGLE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@contextmanager
def pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """`workers` processes for the tasks of a block; tasks not begun at its end are dropped."""
    before = {name: os.environ.get(name) for name in SINGLE_THREAD}
    os.environ.update(SINGLE_THREAD)
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
            try:
                yield executor
            finally:
                executor.shutdown(wait=False, cancel_futures=True)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
