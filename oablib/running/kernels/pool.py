"""Kernels of this process while `opened`: forks of a warm process, all killed at the end."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oablib.base.errors import IncompleteRunError
from oablib.workers.processes import SINGLE_THREAD

WARM = "oablib.running.kernels.warm"
# Read when Python or a library starts: a fork has them as the warm process got them.
AT_START = {**SINGLE_THREAD, "PYTHONHASHSEED": "0"}
# The allocator of pyarrow starts a thread on import, and a process with threads cannot fork.
NO_THREADS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
FORK_SECONDS = 60.0
END_SECONDS = 5.0
TICK = 0.05  # seconds between looks at kernels that are about to end


@dataclass(slots=True)
class Forked:
    """A kernel that the warm process forked; `returncode` is None while it runs.

    It has as much of subprocess.Popen as a kernel's manager asks for.
    """

    pid: int
    returncode: int | None = None
    stdin: None = None
    stdout: None = None
    stderr: None = None

    def poll(self) -> int | None:
        """The exit status, None while it runs."""
        return self.returncode

    def wait(self) -> int | None:
        """The exit status; the manager asks when it is there."""
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Signal the kernel and what it has started, which the warm process puts in one group."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)


@dataclass(slots=True)
class _WarmProcess:
    """The warm process, and a thread that reads its answers."""

    process: Any  # subprocess.Popen, with pipes
    lock: threading.Lock = field(default_factory=threading.Lock)
    answers: queue.SimpleQueue = field(default_factory=queue.SimpleQueue)
    listener: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.listener = threading.Thread(target=self._listen, name="oab-warm", daemon=True)
        self.listener.start()

    def fork(self, request: dict[str, Any]) -> Forked | None:
        """Ask for a kernel; None when the warm process is gone or cannot fork."""
        with self.lock:
            try:
                self.process.stdin.write(json.dumps(request).encode() + b"\n")
                self.process.stdin.flush()
                return self.answers.get(timeout=FORK_SECONDS)
            except (OSError, ValueError):
                return None
            except queue.Empty:
                self.process.terminate()  # else its answer would be taken for that of the next
                return None

    def close(self) -> None:
        """End it and its kernels."""
        self.process.terminate()  # it may be busy with an import
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.listener.join()
        with self.lock:
            for pipe in (self.process.stdin, self.process.stdout):
                with suppress(OSError):
                    pipe.close()

    def _listen(self) -> None:
        """Read answers: the number of a kernel or 0, and later how that kernel ended."""
        kernels: dict[int, Forked] = {}
        for line in self.process.stdout:
            message = json.loads(line)
            pid = message["pid"]
            if "status" in message:
                kernels[pid].returncode = message["status"]
            elif pid:
                kernels[pid] = Forked(pid)
                self.answers.put(kernels[pid])
            else:
                self.answers.put(None)
        for kernel in kernels.values():
            if kernel.returncode is None:
                kernel.returncode = -signal.SIGKILL
        self.answers.put(None)  # for a request that is waiting


@dataclass(slots=True)
class _Pool:
    """What is open: the warm process, where there can be one, and what ends each kernel.

    before: threads that were there when it was opened, and do not work for it.
    """

    warm: _WarmProcess | None
    before: set[threading.Thread]
    ends: list[Callable[[], None]] = field(default_factory=list)

    def close(self) -> None:
        """End all kernels, and wait for them: what works in a folder must be gone before it can."""
        if self.warm is not None:
            self.warm.close()
        deadline = time.monotonic() + END_SECONDS
        while self.ends and time.monotonic() < deadline:
            for end in [*self.ends]:
                end()
            time.sleep(TICK)


_lock = threading.Lock()
_pool: _Pool | None = None
# Threads that were in the middle of something when an exception, as Ctrl-C, ended their block.
_stopped: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


@contextmanager
def opened(*, warm: bool, modules: Sequence[str] = ()) -> Iterator[None]:
    """At the end of the block all kernels are killed; warm: keep a warm process until then.

    modules: what notebooks will import, which the warm process loads while nobody waits for it.
    When an exception ends the block, threads begun in it get no kernel after it either.
    """
    global _pool
    if _pool is not None:
        yield
        return
    with _lock:
        _pool = pool = _Pool(_started(modules) if warm else None, set(threading.enumerate()))
    try:
        yield
    except BaseException:
        _stopped.update(set(threading.enumerate()) - pool.before)
        raise
    finally:
        with _lock:
            _pool = None
        pool.close()


@contextmanager
def ended_with_the_block(end: Callable[[], None]) -> Iterator[None]:
    """While a kernel runs: have it ended by `end` when the block of `opened` is left.

    `end` is called until the kernel's thread is done with it. Raises IncompleteRunError when the
    block that this thread works for has been left.
    """
    with _lock:
        if threading.current_thread() in _stopped:
            raise IncompleteRunError("The run was stopped; no further notebook is started.")
        ends = [] if _pool is None else _pool.ends
        ends.append(end)
    try:
        yield
    finally:
        ends.remove(end)


def fork(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    modules: Sequence[str],
) -> Forked | None:
    """Start a guarded kernel as a fork; None when it takes a process of its own.

    environment: all of the kernel's variables; those that are read when a library is loaded are
    as in this process. modules: what its notebook imports.
    """
    pool = _pool
    if pool is None or pool.warm is None:
        return None
    request = {
        "arguments": list(arguments),
        "environment": dict(environment),
        "folder": str(folder),
        "modules": list(modules),
    }
    return pool.warm.fork(request)


def start_environment() -> dict[str, str]:
    """Variables that are read when a kernel's interpreter and libraries start."""
    home = str(Path(__file__).resolve().parents[3])
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = [home, *(str(Path(path).absolute()) for path in before if path)]
    return {**AT_START, "PYTHONPATH": os.pathsep.join(paths)}


def _started(modules: Sequence[str]) -> _WarmProcess | None:
    # Elsewhere system libraries start threads of their own, or there is no fork.
    if not sys.platform.startswith("linux"):
        return None
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", WARM, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **start_environment(), **NO_THREADS},
            start_new_session=True,  # Ctrl-C is for this process, which then ends that one
        )
    except OSError:
        return None
    return _WarmProcess(process)
