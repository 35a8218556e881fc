"""A Jupyter kernel that withholds the message of an exception that oablib did not raise.

The message of a KeyError or ValueError often quotes a value, and a value may be a child's. IPython
puts it into the notebook and the terminal. This kernel keeps the class of the exception and where
it was raised, and withholds the rest; the errors of oablib are written without values and pass.

Runs as `python -P -m oablib.running.kernels.guard -f <connection file>`, so that a kernel without
the guard cannot start by mistake.
"""

import os
import signal
import threading
import time
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell

from oablib.base import withheld
from oablib.base.errors import public_class, public_message

PARENT_TICK = 0.5  # seconds between looks at whether the parent is there


class _WithheldError(Exception):
    """Takes the place of an exception whose message stays inside the kernel."""


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
    """The kernel with this shell."""

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
    """The application that starts the kernel."""

    def init_poller(self) -> None:
        """Watch the parent; the watch of ipykernel would leave a kernel's own processes behind."""
        if os.name == "posix":
            self.poller = _ParentWatch(int(os.environ.get("JPY_PARENT_PID") or os.getppid()))
        else:
            super().init_poller()


def main() -> None:
    """Start the kernel with the guard in place."""
    withheld.install()
    # Before cells can write: what ipykernel says of itself would end on the terminal of the run.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    GuardedApp.launch_instance(kernel_class=GuardedKernel)


if __name__ == "__main__":
    main()
