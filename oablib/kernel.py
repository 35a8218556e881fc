"""Execute one notebook with papermill, in a guarded kernel that only its owner can reach."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from oablib import errors
from oablib.errors import IncompleteRunError, OabError
from oablib.processes import SINGLE_THREAD

KERNEL = "oablib.kernel_guard"
# What stopped a notebook is told once, by the error that this module raises.
logging.getLogger("papermill").setLevel(logging.CRITICAL)
# A path longer than this does not fit the address of a socket file (108 bytes on Linux).
SOCKET_PATH_LIMIT = 90


def execute(
    notebook: nbformat.NotebookNode,
    *,
    stem: str,
    values: Mapping[str, str | int | float],
    environment: Mapping[str, str],
    folder: Path,
) -> nbformat.NotebookNode:
    """Execute a notebook with parameters `values` and return it with its outputs.

    `environment` is added to the kernel's, `folder` is where it starts. Nothing is written: a
    notebook that failed leaves no outputs behind. Raises the OabError that a cell raised, with
    its own message, and IncompleteRunError for whatever else stopped it.
    """
    try:
        with _kernel(environment) as manager:
            return papermill.execute_notebook(
                notebook,
                None,
                parameters=dict(values),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                cwd=str(folder),
                km=manager,
            )
    except PapermillExecutionError as error:
        raise _told(error, stem=stem) from None
    except DeadKernelError:
        raise IncompleteRunError(
            f"{stem}: its Python process ended before the notebook did. "
            "Most often memory ran out: close other programs, or take a smaller cohort."
        ) from None


@contextmanager
def _kernel(environment: Mapping[str, str]) -> Iterator[AsyncKernelManager]:
    """Give the manager of a kernel whose connection lives in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="oab-") as sockets:
        path = Path(sockets).resolve() / "kernel.json"
        short = len(bytes(path)) <= SOCKET_PATH_LIMIT
        manager = AsyncKernelManager(
            connection_file=str(path),
            # Other users of the machine can reach a TCP port, but not a socket in a private folder.
            transport="ipc" if short and os.name == "posix" else "tcp",
        )
        manager._kernel_spec = _specification(environment)
        try:
            yield manager
        finally:
            if manager.has_kernel:
                run_sync(manager.shutdown_kernel)(now=True)


def _specification(environment: Mapping[str, str]) -> KernelSpec:
    """Describe the kernel: this interpreter, whatever kernels are installed on the machine."""
    package_home = str(Path(__file__).resolve().parents[1])
    paths = [package_home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return KernelSpec(
        argv=[
            *(sys.executable, "-m", KERNEL, "-f", "{connection_file}"),
            "--HistoryManager.enabled=False",
        ],
        env={
            **SINGLE_THREAD,
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": os.pathsep.join(paths),
            **environment,
        },
        display_name="Python 3",
        language="python",
    )


def _told(error: Any, *, stem: str) -> OabError:
    """Turn papermill's error into ours; the guard has made its text fit to be shown."""
    kind = vars(errors).get(error.ename)
    if isinstance(kind, type) and issubclass(kind, OabError):
        return kind(error.evalue)
    return IncompleteRunError(
        f"{stem} stopped at code cell [{error.exec_count}] with {error.ename}: {error.evalue}."
    )
