"""A process that has imported what notebooks import, and forks a kernel whenever it is asked.

Runs as `python -P -m oablib.running.kernels.warm MODULE ...`, with the modules that notebooks will
import. It reads lines of JSON from its standard input and answers on its standard output; `pool` is
the other side. It imports and does nothing else, so that a kernel starts as from a fresh process.
When its input ends, so do all its kernels.
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
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

FIRST = ("oablib.running.kernels.guard", "ipykernel.debugger", "numpy.random")
"""Modules without which no kernel starts."""
LIBRARIES = {
    "oablib": ("pandas", "matplotlib.axes", "matplotlib.backends.backend_agg"),
    "oablib.report.base_model": ("sklearn.linear_model", "sklearn.cluster", "sympy", "semopy"),
    "oablib.report.scale_values": ("scipy.stats",),
}
"""Module that a notebook imports -> libraries that are loaded before it.

So they come in portions, for a kernel that is asked for meanwhile waits for the one under way; and
those are there that a module loads only when it is used.
"""

TICK = 0.05  # seconds between looks at which kernels have ended
ONE_THREAD = 1
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


@dataclass(slots=True)
class _Warm:
    """The loop: one short step at a time.

    request: how the kernel starts that is asked for. tried: modules that were to be loaded.
    """

    requests: BinaryIO
    answers: BinaryIO
    later: list[str]
    started_with: frozenset[str] = frozenset(os.environ)
    request: dict[str, Any] | None = None
    kernels: set[int] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)

    def serve(self) -> None:
        """Answer requests until there can be no more."""
        while True:
            idle = self.request is None and not self.later
            ready, _, _ = select.select([self.requests], [], [], TICK if idle else 0)
            if ready:
                line = self.requests.readline()
                if not line:
                    return
                self.request = json.loads(line)
            self._report_ended_kernels()
            self._step()

    def end(self) -> None:
        """Kill all kernels and what they have started, and wait until they are gone."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # not in the middle of this
        for pid in self.kernels:
            _kill_group(pid)
        for pid in self.kernels:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)

    def _step(self) -> None:
        """Load one module, those first that a kernel waits for, or fork that kernel."""
        wanted = (*FIRST, *self.request["modules"]) if self.request else ()
        unloaded = [name for name in wanted if name not in self.tried]
        if unloaded:
            self._load(unloaded[0])
        elif self.request:
            self._fork(self.request)
            self.request = None
        elif self.later:
            self._load(self.later.pop(0))

    def _load(self, module: str) -> None:
        self.tried.add(module)
        with suppress(Exception):  # the notebook that needs it will say so
            importlib.import_module(module)

    def _fork(self, request: dict[str, Any]) -> None:
        if len(list(Path("/proc/self/task").iterdir())) != ONE_THREAD:
            # A fork copies locks, but not the threads that would release them.
            self._answer({"pid": 0})
            return
        gc.freeze()  # the first collection in a kernel would otherwise copy all pages
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._be_kernel(request, parent=parent)
        with suppress(OSError):  # the kernel does the same, and may have been faster
            os.setpgid(pid, pid)
        self.kernels.add(pid)
        self._answer({"pid": pid})

    def _be_kernel(self, request: dict[str, Any], *, parent: int) -> None:
        """Be the kernel, and end without returning to the loop."""
        status = 1
        try:
            self._start_kernel(request, parent=parent)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        finally:
            os._exit(status)

    def _start_kernel(self, request: dict[str, Any], *, parent: int) -> None:
        """Take on what a fresh process would have got, and start the kernel."""
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _end_with(parent)
        self.requests.close()
        self.answers.close()
        os.chdir(request["folder"])
        for name in self.started_with:  # what imports have set stays
            os.environ.pop(name, None)
        os.environ.update(request["environment"], JPY_PARENT_PID=str(parent))
        tempfile.tempdir = None  # TMPDIR is another one now
        sys.modules["numpy"].random.seed()  # else all kernels draw the same unseeded numbers
        guard = sys.modules["oablib.running.kernels.guard"]
        sys.argv = [str(guard.__file__), *request["arguments"]]
        guard.main()

    def _report_ended_kernels(self) -> None:
        with suppress(ChildProcessError):
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            while (child := os.waitid(os.P_ALL, 0, options)) is not None:
                # Before its number can be given to another process.
                _kill_group(child.si_pid)
                _, status = os.waitpid(child.si_pid, 0)
                self.kernels.discard(child.si_pid)
                code = os.waitstatus_to_exitcode(status)
                self._answer({"pid": child.si_pid, "status": code})

    def _answer(self, message: dict[str, Any]) -> None:
        self.answers.write(json.dumps(message).encode() + b"\n")


def in_portions(modules: Sequence[str]) -> list[str]:
    """What to load for notebooks that import these modules, while no kernel is asked for."""
    return [each for name in modules for each in (*LIBRARIES.get(name, ()), name)]


def _kill_group(pid: int) -> None:
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def _end_with(parent: int) -> None:
    """Have the system end this process when the warm one ends, however it does."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def main() -> None:
    """Serve standard input; whatever else is written to the standard streams goes nowhere."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # in the middle of an import, too
    requests, answers = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    warm = _Warm(requests, answers, [*FIRST, *in_portions(sys.argv[1:])])
    try:
        with suppress(BrokenPipeError):
            warm.serve()
    finally:
        warm.end()


if __name__ == "__main__":
    main()
