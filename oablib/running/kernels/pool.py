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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from oablib.base.errors import IncompleteRunError
from oablib.protocol.roles import ROLES_ONLY
from oablib.workers.processes import SCHEDULER, SINGLE_THREAD

WARM = "oablib.running.kernels.warm"
# Read when Python or a library starts: a fork has them as the warm process got them.
AT_START = {**SINGLE_THREAD, "PYTHONHASHSEED": "0"}
# The allocator of pyarrow starts a thread on import, and a process with threads cannot fork.
NO_THREADS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
READ_LATE = frozenset(
    {"OAB_ROOT", "OAB_PRIVATE", "OAB_RESULTS", "TMPDIR", "IPYTHONDIR", SCHEDULER, ROLES_ONLY}
)
"""Variables of the environment that may differ from kernel to kernel."""
FORK_SECONDS = 60.0
END_SECONDS = 5.0
TICK = 0.005  # seconds between looks at a process that is about to end


class Process(Protocol):
    """As much of subprocess.Popen as a kernel's manager asks for."""

    pid: int

    def poll(self) -> int | None:
        """Give the exit status, None while it runs."""


@dataclass(slots=True)
class Forked:
    """A kernel that the warm process forked; `returncode` is None while it runs."""

    pid: int
    returncode: int | None = None
    stdin: None = None
    stdout: None = None
    stderr: None = None

    def poll(self) -> int | None:
        """Give the exit status, None while it runs."""
        return self.returncode

    def wait(self) -> int | None:
        """Give the exit status; the manager asks when it is there."""
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Signal the kernel and what it has started, which the warm process puts in one group."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def kill(self) -> None:
        """End the kernel and what it has started."""
        self.send_signal(signal.SIGKILL)


@dataclass(slots=True)
class _WarmProcess:
    """The warm process, and a thread that takes in what it says."""

    process: subprocess.Popen
    environment: Mapping[str, str]
    lock: threading.Lock = field(default_factory=threading.Lock)
    answers: dict[int, queue.SimpleQueue] = field(default_factory=dict)
    kernels: dict[int, Forked] = field(default_factory=dict)
    asked: int = 0
    over: bool = False
    listener: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.listener = threading.Thread(target=self._listen, name="oab-warm", daemon=True)
        self.listener.start()

    def fork(self, request: dict[str, Any]) -> Forked | None:
        """Ask for a kernel; None when the warm process is gone or cannot fork."""
        answer: queue.SimpleQueue = queue.SimpleQueue()
        with self.lock:
            if self.over or self.process.stdin is None:
                return None
            self.asked += 1
            self.answers[self.asked] = answer
            line = json.dumps({"number": self.asked, **request}).encode() + b"\n"
            try:
                self.process.stdin.write(line)
                self.process.stdin.flush()
            except (OSError, ValueError):
                return None
        with suppress(queue.Empty):
            return answer.get(timeout=FORK_SECONDS)
        return None

    def fits(self, told: Mapping[str, str]) -> bool:
        """Whether a fork would be as a fresh process that is told these variables."""
        changed = {name for name, value in told.items() if self.environment.get(name) != value}
        return changed <= READ_LATE

    def close(self) -> None:
        """End it and its kernels."""
        with self.lock, suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()
        self.process.terminate()  # it may be busy with an import
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.listener.join()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self._take(json.loads(line))
        with self.lock:
            self.over = True
        for kernel in self.kernels.values():
            if kernel.returncode is None:
                kernel.returncode = -signal.SIGKILL
        for answer in self.answers.values():
            answer.put(None)

    def _take(self, message: dict[str, Any]) -> None:
        if "ended" in message:
            self.kernels[message["ended"]].returncode = message["status"]
            return
        kernel = Forked(message["pid"]) if "pid" in message else None
        if kernel is not None:
            self.kernels[kernel.pid] = kernel
        self.answers[message["number"]].put(kernel)


@dataclass(slots=True)
class _Pool:
    """What is open: the warm process, where there can be one, and kernels started without it.

    before: threads that were there when it was opened, and have nothing to do with it.
    """

    warm: _WarmProcess | None
    before: set[threading.Thread]
    others: list[Process] = field(default_factory=list)


_lock = threading.Lock()
_pool: _Pool | None = None
# Threads that were in the middle of something when an exception, as Ctrl-C, ended their block.
_stopped: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


@contextmanager
def opened() -> Iterator[None]:
    """Keep a warm process for the block; at its end all kernels are killed.

    When an exception ends the block, threads begun in it get no kernel after it either.
    """
    global _pool
    if _pool is not None:
        yield
        return
    with _lock:
        _pool = pool = _Pool(_started(), set(threading.enumerate()))
    try:
        yield
    except BaseException:
        _stopped.update(set(threading.enumerate()) - pool.before)
        raise
    finally:
        with _lock:
            _pool = None
        _close(pool)


def fork(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    told: Mapping[str, str],
    folder: Path,
    modules: Sequence[str],
) -> Forked | None:
    """Start a guarded kernel as a fork; None when it takes a process of its own.

    environment: all of the kernel's variables; told: those that were set for it. modules: what
    its notebook imports. Raises IncompleteRunError when the block that this thread works for has
    been left.
    """
    if threading.current_thread() in _stopped:
        raise IncompleteRunError("The run was stopped; no further notebook is started.")
    pool = _pool
    if pool is None or pool.warm is None or not pool.warm.fits(told):
        return None
    request = {
        "arguments": list(arguments),
        "environment": dict(environment),
        "folder": str(folder),
        "umask": _umask(),
        "modules": list(modules),
    }
    return pool.warm.fork(request)


def adopt(process: Process) -> None:
    """Have a kernel that is no fork killed with the others."""
    with _lock:
        if _pool is not None:
            _pool.others.append(process)
            return
    if threading.current_thread() in _stopped:
        _kill(process)


def start_environment() -> dict[str, str]:
    """Variables that are read when a kernel's interpreter and libraries start."""
    home = str(Path(__file__).resolve().parents[3])
    told = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = [home, *(str(Path(path).absolute()) for path in told if path)]
    return {**AT_START, "PYTHONPATH": os.pathsep.join(paths)}


def _started() -> _WarmProcess | None:
    # Elsewhere system libraries start threads of their own, or there is no fork.
    if not sys.platform.startswith("linux"):
        return None
    environment = {**os.environ, **start_environment()}
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", WARM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, **NO_THREADS},
            start_new_session=True,  # Ctrl-C is for this process, which then ends that one
        )
    except OSError:
        return None
    return _WarmProcess(process, environment)


def _umask() -> int:
    """Permissions that this process withholds; os.umask would change them, for all threads."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], base=8)
    return 0o077


def _close(pool: _Pool) -> None:
    for process in pool.others:
        _kill(process)
    # What works in a folder must be gone before the folder can go.
    deadline = time.monotonic() + END_SECONDS
    while any(one.poll() is None for one in pool.others) and time.monotonic() < deadline:
        time.sleep(TICK)
    if pool.warm is not None:
        pool.warm.close()


def _kill(process: Process) -> None:
    if process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        os.kill(process.pid, signal.SIGTERM)
