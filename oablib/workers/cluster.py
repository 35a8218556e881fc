"""Workers on other machines, through a Dask scheduler: the one door to `distributed`.

A task is a function with its arguments, and its results must depend on nothing else: where a
worker dies its tasks run again elsewhere. Nothing is read from a disk that machines share.
"""

import os
import pickle
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from oablib.base import withheld
from oablib.base.errors import (
    EnvironmentFault,
    IncompleteRunError,
    OabError,
    public_class,
    public_message,
)
from oablib.workers import card, connection

# Smaller functions travel with each task; larger ones are sent once and passed on by workers.
SHARED_BYTES = 100_000
CLOSE_SECONDS = 5
_TASK = threading.local()
_NOTHING: Mapping[str, str] = MappingProxyType({})


@contextmanager
def executor(
    address: str, *, rules: Path | None = None, environment: Mapping[str, str] = _NOTHING
) -> Iterator[Executor]:
    """The workers of a Dask scheduler as an executor for the tasks of a block.

    rules: the folder params that tasks are to read; it travels with them. environment: variables
    that every worker must have been started with. Tasks not begun at the block's end are dropped.
    Raises EnvironmentFault when `distributed` is not installed, the address or a worker is not
    encrypted, certificates are absent or old, nothing answers in 5 seconds, no worker comes in 15,
    or a worker has more than one thread, other variables, or another oablib, Python or numerical
    package than this process; IncompleteRunError when the scheduler ends, or worker after worker,
    or all workers do.
    """
    wanted = {**card.card(), **environment}
    client = connection.connected(address, wanted)
    pool = _Executor(client, wanted, b"" if rules is None else _packed(rules))
    try:
        with _losses_as_ours(address):
            yield pool
    finally:
        pool.shutdown(wait=False)
        client.close(timeout=CLOSE_SECONDS)


def is_task() -> bool:
    """Whether this thread runs a task of an executor, on a worker."""
    return getattr(_TASK, "running", False)


def leave_slot() -> None:
    """Let the worker take another task while this one goes on; does nothing outside of a task.

    For a task that only waits for what it has started: without it, workers that all wait for
    further tasks would wait for ever.
    """
    if is_task() and not getattr(_TASK, "left", False):
        from distributed import secede

        secede()
        _TASK.left = True


class _Executor(Executor):
    """Submits functions that pickle can name, as a pool of fresh processes does."""

    def __init__(self, client: Any, wanted: Mapping[str, str], rules: bytes) -> None:
        self._client, self._order = client, (dict(wanted), rules)
        self._inner = client.get_executor(pure=False)
        # The last function and its message: many tasks in a row share one.
        self._last: tuple[Any, Any] = (None, b"")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        import dask

        arguments = pickle.dumps((args, options), protocol=pickle.HIGHEST_PROTOCOL)
        # Tasks hold tables on purpose; dask would warn of each.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GiB"}):
            return self._inner.submit(_run, self._order, self._message(fn), arguments)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._inner.shutdown(wait=wait and not cancel_futures)

    def _message(self, fn: Callable[..., Any]) -> Any:
        if self._last[0] is not fn:
            message = pickle.dumps(fn, protocol=pickle.HIGHEST_PROTOCOL)
            self._last = (fn, self._shared(message) if len(message) > SHARED_BYTES else message)
        return self._last[1]

    def _shared(self, message: bytes) -> Any:
        """A task whose result is the message: when its worker dies the scheduler makes it anew."""
        return self._client.submit(bytes, message, key=f"oablib-{sha256(message).hexdigest()}")


def _run(order: tuple[dict[str, str], bytes], message: bytes, arguments: bytes) -> Any:
    """What a worker does with one task."""
    wanted, rules = order
    # Workers may join after the executor was opened.
    card.fail_if_it_differs(wanted, card.actual(list(wanted)), where="A worker that joined later")
    withheld.install()
    _TASK.running, _TASK.left = True, False
    try:
        with _project(rules), _messages_withheld():
            function = pickle.loads(message)
            args, options = pickle.loads(arguments)
            return function(*args, **options)
    finally:
        _TASK.running = False


@contextmanager
def _messages_withheld() -> Iterator[None]:
    """Raise errors of ours for others: a worker logs what a task raises, with its message."""
    try:
        yield
    except OabError:
        raise
    except OSError as error:
        raise EnvironmentFault(
            f"A worker could not read or write a file: {error.strerror}. Check free space and "
            "permissions on its machine."
        ) from None
    except Exception as error:
        raise IncompleteRunError(
            f"A task stopped with {public_class(error)}: {public_message(error)}."
        ) from None


@contextmanager
def _project(rules: bytes) -> Iterator[None]:
    """Let a task read the rules that came with it, whatever the worker's machine has."""
    with variables_set({"OAB_ROOT": _unpacked(rules).name} if rules else {}):
        yield


@contextmanager
def variables_set(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment for a block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _packed(rules: Path) -> bytes:
    files = {
        path.relative_to(rules).as_posix(): path.read_bytes()
        for path in sorted([*rules.rglob("*.yaml"), *rules.glob("*.bib")])
    }
    return zlib.compress(pickle.dumps(files, protocol=pickle.HIGHEST_PROTOCOL))


@cache
def _unpacked(rules: bytes) -> tempfile.TemporaryDirectory[str]:
    """A folder of this process alone, removed when it ends."""
    folder = tempfile.TemporaryDirectory(prefix="oab-rules-")
    for name, content in pickle.loads(zlib.decompress(rules)).items():
        path = Path(folder.name, "params", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@contextmanager
def _losses_as_ours(address: str) -> Iterator[None]:
    """Raise errors of ours, which say what to do, for the end of a scheduler or of workers."""
    from distributed import KilledWorker
    from distributed.scheduler import NoWorkerError

    try:
        yield
    except KilledWorker as error:
        raise IncompleteRunError(
            f"{error.allowed_failures + 1} workers of {address} ended one after the other while "
            "they ran the same task, most often because memory ran out; give workers more memory, "
            "or run fewer on a machine, and start again."
        ) from None
    except NoWorkerError:
        raise IncompleteRunError(
            f"All workers of {address} are gone and none came in the time that its scheduler "
            "allows for (no-workers-timeout); start workers, then the run again."
        ) from None
    except CancelledError:
        raise IncompleteRunError(
            f"The scheduler {address} ended before its tasks did; start it again, then the run."
        ) from None
