"""A process that has imported what notebooks import, and forks a kernel whenever it is asked.

Runs as `python -P -m oablib.kernel_warm`. It reads lines of JSON from its standard input and
answers on its standard output; kernel_pool is the other side. It imports and does nothing else, so
that a kernel starts as from a fresh process. When its input ends, so do all its kernels.
"""

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FIRST = ("oablib.running.kernels.guard", "ipykernel.debugger", "numpy.random")
"""Modules without which no kernel starts."""
LATER = (
    *("pandas", "matplotlib.axes", "matplotlib.backends.backend_agg", "oablib.report.base_model"),
    *(
        "oablib.report.imputation",
        "oablib.intake",
        "oablib.statistics.two_step.analysis",
        "oablib.analysis.diagnostics",
    ),
    *(
        "oablib.report.intake",
        "oablib.report.diagnostics",
        "scipy.stats",
        "sklearn.linear_model",
        "sklearn.cluster",
    ),
    *("sympy", "semopy"),
)
"""Modules that some notebook needs, loaded while nobody asks for a kernel.

In portions, for a kernel that is asked for meanwhile waits for the one under way.
"""
SAFE = frozenset({"oablib", "numpy", "pandas", "IPython"})
"""Packages whose modules are loaded because a notebook imports them."""

TICK = 0.05  # seconds between looks at which kernels have ended
ONE_THREAD = 1
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


@dataclass(slots=True)
class _Asked:
    """A kernel to be: its description, and the modules that its notebook needs first."""

    request: dict[str, Any]
    modules: list[str]


@dataclass(slots=True)
class _Warm:
    """The loop: one step at a time, so that nobody waits for what somebody else needs."""

    requests: int
    replies: int
    later: list[str]
    started_with: frozenset[str] = frozenset(os.environ)
    asked: list[_Asked] = field(default_factory=list)
    kernels: set[int] = field(default_factory=set)
    text: bytes = b""

    def serve(self) -> None:
        """Answer requests until there can be no more."""
        while True:
            idle = not (self.asked or self.later)
            ready, _, _ = select.select([self.requests], [], [], TICK if idle else 0)
            if ready and not self._read():
                return
            self._tell_of_the_dead()
            self._step()

    def end(self) -> None:
        """Kill all kernels and what they have started, and wait until they are gone."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # not in the middle of this
        for pid in self.kernels:
            _kill_group(pid)
        for pid in self.kernels:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)

    def _read(self) -> bool:
        part = os.read(self.requests, 1 << 16)
        *lines, self.text = (self.text + part).split(b"\n")
        for line in lines:
            request = json.loads(line)
            self.asked.append(_Asked(request, _unloaded(request["modules"])))
        return bool(part)

    def _step(self) -> None:
        if self.asked:
            # The one that needs least goes first: it would be up by now as a fresh process.
            nearest = min(self.asked, key=lambda asked: len(asked.modules))
            if nearest.modules:
                _load(nearest.modules.pop(0))
            else:
                self.asked.remove(nearest)
                self._fork(nearest.request)
        elif self.later:
            _load(self.later.pop(0))

    def _fork(self, request: dict[str, Any]) -> None:
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads != ONE_THREAD:
            # A fork copies locks, but not the threads that would release them.
            self._tell({"number": request["number"], "refused": f"{threads} threads"})
            return
        gc.freeze()  # the first collection in a kernel would otherwise copy all pages
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _live(lambda: self._become_kernel(request, parent=parent))
        with suppress(OSError):  # the kernel does the same; whoever comes first
            os.setpgid(pid, pid)
        self.kernels.add(pid)
        self._tell({"number": request["number"], "pid": pid})

    def _become_kernel(self, request: dict[str, Any], *, parent: int) -> None:
        """Put on what a fresh process would have got, and start the kernel."""
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _end_with(parent)
        os.close(self.requests)
        os.close(self.replies)
        os.umask(request["umask"])
        os.chdir(request["folder"])
        for name in self.started_with:  # what imports have set stays
            os.environ.pop(name, None)
        os.environ.update(request["environment"], JPY_PARENT_PID=str(parent))
        tempfile.tempdir = None  # TMPDIR is another one now
        sys.modules["numpy"].random.seed()  # else all kernels draw the same unseeded numbers
        guard = sys.modules["oablib.running.kernels.guard"]
        sys.argv = [str(guard.__file__), *request["arguments"]]
        guard.main()

    def _tell_of_the_dead(self) -> None:
        with suppress(ChildProcessError):
            look = os.WEXITED | os.WNOHANG | os.WNOWAIT
            while (found := os.waitid(os.P_ALL, 0, look)) is not None:
                # Before its number can be given to another process.
                _kill_group(found.si_pid)
                _, status = os.waitpid(found.si_pid, 0)
                self.kernels.discard(found.si_pid)
                code = os.waitstatus_to_exitcode(status)
                self._tell({"ended": found.si_pid, "status": code})

    def _tell(self, message: dict[str, Any]) -> None:
        os.write(self.replies, json.dumps(message).encode() + b"\n")


def _unloaded(modules: list[str]) -> list[str]:
    fit = (name for name in modules if name.partition(".")[0] in SAFE)
    return [name for name in (*FIRST, *fit) if name not in sys.modules]


def _load(module: str) -> None:
    with suppress(Exception):  # the notebook that needs it will say so
        importlib.import_module(module)


def _kill_group(pid: int) -> None:
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def _live(life: Callable[[], None]) -> None:
    """Do what this process is for, and end without going back to where it came from."""
    status = 1
    try:
        life()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        os._exit(status)


def _end_with(parent: int) -> None:
    """Have the system end this process when the warm one ends, however it does."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def main() -> None:
    """Serve standard input; whatever else is written to the standard streams goes nowhere."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # in the middle of an import, too
    requests, replies = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    warm = _Warm(requests, replies, [*FIRST, *LATER])
    try:
        with suppress(BrokenPipeError):
            warm.serve()
    finally:
        warm.end()


if __name__ == "__main__":
    main()
