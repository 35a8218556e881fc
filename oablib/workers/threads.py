"""One thread for linear algebra in this process, where many small matrices are worked on."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController


@contextmanager
def single_thread() -> Iterator[None]:
    """A block, or as a decorator a function, whose linear algebra has one thread.

    Threads of the libraries wait for each other actively: on small matrices they cost up to 50
    times the processor time of one thread. With one thread sums also come in one order, whatever
    the number of processors. At the end of the block what was set before is set again.
    """
    with _libraries().limit(limits=1):
        yield


@cache
def _libraries() -> ThreadpoolController:
    """Those that are loaded at the first block: to look for them takes 4 ms, to set them 0.02."""
    return ThreadpoolController()
