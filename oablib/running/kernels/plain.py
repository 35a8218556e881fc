"""A notebook executed by the public means of papermill, in a kernel process of its own.

The kernel is guarded, and its connection is a folder that only its owner can reach.
"""

import asyncio
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop, run_sync
from nbclient.exceptions import DeadKernelError

from oablib.running.kernels import pool

GUARD = "oablib.running.kernels.guard"
# What stopped a notebook is said once, by the error that the module execute raises.
logging.getLogger("papermill").setLevel(logging.CRITICAL)
# A path longer than this does not fit the address of a socket (104 bytes on macOS, 108 on Linux).
SOCKET_PATH_LIMIT = 100
LONGEST_SOCKET = "oab-12345678/k-ipc-5"
START_SECONDS = 120
SILENCE_SECONDS = 60  # how long outputs may lag behind a busy machine
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def execute(
    notebook: nbformat.NotebookNode,
    *,
    values: Mapping[str, str | int | float],
    environment: Mapping[str, str],
    folder: Path,
) -> nbformat.NotebookNode:
    """Execute a notebook in a kernel of its own.

    Raises PapermillExecutionError for a cell that failed, DeadKernelError for a kernel that ended
    or did not start, IncompleteRunError when the block that this thread works for has been left.
    """
    try:
        with kernel(environment, folder=folder) as manager:
            return execute_in(manager, notebook, values=values, folder=folder, engine="nbclient")
    except RuntimeError as error:  # from a kernel that did not start
        raise DeadKernelError(str(error)) from None


@contextmanager
def kernel(environment: Mapping[str, str], *, folder: Path) -> Iterator[AsyncKernelManager]:
    """The manager of a kernel that is started in the block, and killed at its end.

    folder: where its connection is, in a folder of its own that goes with the block.
    """
    with tempfile.TemporaryDirectory(prefix="oab-", dir=_place_of_sockets(folder)) as name:
        specifications = _Specifications()
        specifications.environment = environment
        manager = AsyncKernelManager(
            kernel_spec_manager=specifications,
            connection_file=str(Path(name, "k.json")),
            # Other users of the machine can reach a TCP port, but not a socket in a private folder.
            transport="ipc" if os.name == "posix" else "tcp",
        )
        try:
            with pool.ended_with_the_block(lambda: run_sync(_kill)(manager)):
                yield manager
        finally:
            _cancel_tasks()
            run_sync(_end)(manager)
            if threading.current_thread() is not threading.main_thread():
                ensure_event_loop().close()


def _place_of_sockets(folder: Path) -> Path:
    """The private folder of the stage, which a later run clears after a kill, if that is short."""
    places = [folder.resolve(), Path(tempfile.gettempdir()).resolve()]
    short = (each for each in places if len(bytes(each / LONGEST_SOCKET)) <= SOCKET_PATH_LIMIT)
    return next(short, Path("/tmp"))


def execute_in(
    manager: AsyncKernelManager,
    notebook: nbformat.NotebookNode,
    *,
    values: Mapping[str, str | int | float],
    folder: Path,
    engine: str,
) -> nbformat.NotebookNode:
    """Execute a notebook in the kernel of `manager`; engine: the name of one of papermill's."""
    return papermill.execute_notebook(
        notebook,
        None,
        parameters=dict(values),
        engine_name=engine,
        kernel_name="python3",
        language="python",
        progress_bar=False,
        start_timeout=START_SECONDS,
        km=manager,
        # Not `cwd`, for which papermill would change the folder of all threads.
        resources={"metadata": {"path": str(folder)}},
        iopub_timeout=SILENCE_SECONDS,
        shell_timeout_interval=1,
    )


class _Specifications(KernelSpecManager):
    """Knows one kernel: this interpreter with the guard, whatever is installed on the machine."""

    environment: Mapping[str, str] = {}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The guarded kernel, whatever name is asked for."""
        return KernelSpec(
            argv=[
                # -P: modules of the folder that a kernel starts in must not take the place of ours.
                *(sys.executable, "-P", "-m", GUARD, "-f", "{connection_file}"),
                "--HistoryManager.enabled=False",
            ],
            env={**pool.start_environment(), **self.environment},
            display_name="Python 3",
            language="python",
        )


async def _kill(manager: AsyncKernelManager) -> None:
    """End a kernel, and what it has started, from another thread than its own."""
    with suppress(RuntimeError):  # it ended at this moment
        if manager.has_kernel and await manager.is_alive():
            await manager.signal_kernel(KILL)


def _cancel_tasks() -> None:
    """End what Ctrl-C left half done in this thread's loop; it would complain of the kernel."""
    loop = ensure_event_loop()
    if not loop.is_running() and (tasks := asyncio.all_tasks(loop)):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


async def _end(manager: AsyncKernelManager) -> None:
    provisioner: Any = manager.provisioner
    if provisioner is not None and provisioner.has_process:
        # Nothing of a kernel is wanted after its last cell; a farewell takes half a second.
        await provisioner.kill()
        await provisioner.wait()
    await manager.cleanup_resources()
