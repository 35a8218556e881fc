"""A Jupyter kernel that never tells the message of an exception it does not know.

The message of a KeyError or ValueError often quotes a value, and a value may be a child's. IPython
puts it into the notebook and the terminal. This kernel keeps the class of the exception and where
it was raised, and withholds the rest; the errors of oablib are written without values and pass.

Runs as `python -P -m oablib.kernel_guard -f <connection file>`, so that a kernel without the guard
cannot come up by mistake.
"""

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell

from oablib.base import errors

PARENT_TICK = 0.5  # seconds between looks at whether the parent is there
_PACKAGE = Path(__file__).resolve().parents[2]


class _WithheldError(Exception):
    """Takes the place of an exception whose message stays inside the kernel."""


def public_class(error: BaseException) -> str:
    """Name the class of an exception: for one of ours the nearest class that errors.py has."""
    for kind in type(error).__mro__:
        if vars(errors).get(kind.__name__) is kind:
            return kind.__name__
    return type(error).__name__


def public_message(error: BaseException) -> str:
    """Tell what may be told of an exception: all of one of ours, the place of any other."""
    if isinstance(error, errors.OabError):
        return str(error)
    places = "".join(f"{place}; " for place in _places(error.__traceback__))
    return f"{places}its message is withheld, because it may hold values of persons"


def _places(trace: TracebackType | None) -> list[str]:
    """Say where a traceback leaves the cell and where it leaves oablib, where it does."""
    line, module = "", ""
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.parent.name.startswith("ipykernel_"):
            line = f"line {trace.tb_lineno} of the cell"
        elif path.is_relative_to(_PACKAGE):
            module = f"oablib/{path.relative_to(_PACKAGE).as_posix()}:{trace.tb_lineno}"
        trace = trace.tb_next
    return [place for place in (line, module) if place]


class GuardedShell(ZMQInteractiveShell):
    """The shell of the kernel; every way to show an exception ends in `_showtraceback`."""

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **keywords: Any) -> None:
        """Show an exception; IPython itself would print some kinds, as groups, past the guard."""
        etype, evalue, _ = self._get_exc_info(exc_tuple)
        self._showtraceback(etype, evalue, [])

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        safe = _WithheldError(public_message(evalue))
        named = type(public_class(evalue), (_WithheldError,), {})
        super()._showtraceback(named, safe, [f"{named.__name__}: {safe}"])

    async def run_cell_async(self, *args: Any, **keywords: Any) -> Any:
        """Run a cell; the kernel's reply is made from the error in the result, so guard it too."""
        result = await super().run_cell_async(*args, **keywords)
        for name in ("error_in_exec", "error_before_exec"):
            error = getattr(result, name)
            if error is not None:
                setattr(result, name, _WithheldError(public_message(error)))
        return result


class GuardedKernel(IPythonKernel):
    """The kernel around the shell."""

    shell_class = GuardedShell


class _ParentWatch(threading.Thread):
    """Ends this process and all that it has started when its parent is gone."""

    def __init__(self, parent: int) -> None:
        super().__init__(name="oab-parent", daemon=True)
        self._parent = parent

    def run(self) -> None:
        while os.getppid() == self._parent:
            time.sleep(PARENT_TICK)
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
        os._exit(1)


class GuardedApp(IPKernelApp):
    """What starts the kernel."""

    def init_poller(self) -> None:
        """Watch the parent; the watch of ipykernel would leave a kernel's own processes behind."""
        if os.name == "posix":
            self.poller = _ParentWatch(int(os.environ.get("JPY_PARENT_PID") or os.getppid()))
        else:
            super().init_poller()


def _tell_class_only(raised: Any) -> None:
    kind = getattr(raised.exc_type, "__name__", "exception")
    print(f"{kind} outside the main thread; its message is withheld.", file=sys.stderr)


def main() -> None:
    """Start the kernel with the guard in place."""
    # It reports the exception of a task that nobody awaited, with its message.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    threading.excepthook = _tell_class_only
    sys.unraisablehook = _tell_class_only
    GuardedApp.launch_instance(kernel_class=GuardedKernel)


if __name__ == "__main__":
    main()
