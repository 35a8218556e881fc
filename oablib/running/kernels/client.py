"""Papermill's way through a notebook, without the waiting that it does between its steps."""

import asyncio
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

import nbformat
import papermill
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.utils import ensure_event_loop, run_sync
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from oablib.running.kernels import pool

KERNEL = "oablib.running.kernels.guard"
ENGINE = "oablib"
# What stopped a notebook is told once, by the error that the module kernel raises.
logging.getLogger("papermill").setLevel(logging.CRITICAL)
# A path longer than this does not fit the address of a socket file (108 bytes on Linux).
SOCKET_PATH_LIMIT = 90
START_SECONDS = 120.0
SILENCE_SECONDS = 60  # how long outputs may lag behind a busy machine
TICK = 0.005  # seconds between looks at a file or process that is about to change
ALIVE_TICK = 0.2  # seconds between looks at whether a busy kernel is alive


def execute(
    notebook: nbformat.NotebookNode,
    *,
    values: Mapping[str, str | int | float],
    environment: Mapping[str, str],
    folder: Path,
    modules: Sequence[str],
) -> nbformat.NotebookNode:
    """Execute a notebook in a kernel of its own; modules: what it imports.

    Raises PapermillExecutionError for a cell that failed, DeadKernelError for a kernel that ended
    or did not start.
    """
    with _own_loop(), _kernel(environment, modules) as manager:
        return papermill.execute_notebook(
            notebook,
            None,
            parameters=dict(values),
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            km=manager,
            # Not `cwd`, for which papermill would change the folder of all threads.
            resources={"metadata": {"path": str(folder)}},
        )


@contextmanager
def _own_loop() -> Iterator[None]:
    """Close the event loop that papermill's calls make for a thread beside the main one."""
    try:
        yield
    finally:
        if threading.current_thread() is not threading.main_thread():
            ensure_event_loop().close()


@contextmanager
def _kernel(environment: Mapping[str, str], modules: Sequence[str]) -> Iterator[AsyncKernelManager]:
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
        manager.provisioner = _Provisioner(
            kernel_id=path.parent.name, kernel_spec=manager._kernel_spec, parent=manager
        )
        manager.provisioner.modules = modules
        try:
            yield manager
        finally:
            _drop_tasks()
            run_sync(_end)(manager)


def _drop_tasks() -> None:
    """End what Ctrl-C left half done in this thread's loop; it would complain of the kernel."""
    loop = ensure_event_loop()
    if not loop.is_running() and (tasks := asyncio.all_tasks(loop)):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


async def _end(manager: AsyncKernelManager) -> None:
    if manager.provisioner is not None and manager.provisioner.has_process:
        # Nothing of a kernel is wanted after its last cell; a farewell takes half a second.
        await manager.provisioner.kill()
        await manager.provisioner.wait()
    await manager.cleanup_resources()


def _specification(environment: Mapping[str, str]) -> KernelSpec:
    """Describe the kernel: this interpreter, whatever kernels are installed on the machine."""
    return KernelSpec(
        argv=[
            # -P: modules of the folder in which a kernel starts must not take the place of ours.
            *(sys.executable, "-P", "-m", KERNEL, "-f", "{connection_file}"),
            "--HistoryManager.enabled=False",
        ],
        env={**pool.start_environment(), **environment},
        display_name="Python 3",
        language="python",
    )


class _Provisioner(LocalProvisioner):
    """Starts a kernel as a fork of the warm process, or else as a process of its own."""

    process: Any = None
    modules: Sequence[str] = ()

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Start the kernel that `cmd` describes."""
        forked = pool.fork(
            cmd[cmd.index(KERNEL) + 1 :],
            environment=options["env"],
            told=self.kernel_spec.env,
            folder=options["cwd"],
            modules=self.modules,
        )
        if forked is None:
            info = await super().launch_kernel(cmd, **options)
            pool.adopt(self.process)
            return info
        self.process, self.pid = forked, forked.pid
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the kernel's end, as the base class does but with shorter rests."""
        while self.process is not None and self.process.poll() is None:
            await asyncio.sleep(TICK)
        return await super().wait()


class _Client(PapermillNotebookClient):
    """Talks to the kernel: starts when it listens, and notices at once when it is gone."""

    def start_new_kernel_client(self, **_: Any) -> Any:
        """Connect to the kernel as soon as it can be heard."""
        return run_sync(self._connect)()

    async def _connect(self) -> Any:
        deadline = monotonic() + START_SECONDS
        if self.km.transport == "ipc":
            # A connection that is refused is tried again a tenth of a second later.
            socket = Path(f"{self.km.ip}-{self.km.iopub_port}")
            while not socket.exists():
                await self._fail_if_over(deadline)
                await asyncio.sleep(TICK)
        self.kc = self.km.client()
        self.kc.start_channels(stdin=False, hb=False, control=False)
        while not await self._is_heard():
            await self._fail_if_over(deadline)
        return self.kc

    async def _is_heard(self) -> bool:
        """Whether the channel of outputs brings anything; before that, outputs would be lost."""
        try:
            await self.kc.iopub_channel.get_msg(timeout=ALIVE_TICK)
        except Empty:
            self.kc.kernel_info()  # kernels before ipykernel 7 say nothing unasked
            return False
        return True

    async def _fail_if_over(self, deadline: float) -> None:
        if monotonic() > deadline or not await self.km.is_alive():
            raise DeadKernelError("The kernel did not start.")

    async def _async_poll_kernel_alive(self) -> None:
        while await self.km.is_alive():
            await asyncio.sleep(ALIVE_TICK)
        if self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()

    def stop(self) -> None:
        """Close the channels."""
        if self.kc is not None:
            self.kc.stop_channels()


class _Engine(NBClientEngine):
    """Papermill's engine with this client."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        km: AsyncKernelManager,
        resources: dict[str, Any],
        **_: Any,
    ) -> None:
        """Execute the cells of a notebook to which parameters have been added."""
        client = _Client(
            nb_man,
            km=km,
            kernel_name=kernel_name,
            resources=resources,
            timeout=None,
            iopub_timeout=SILENCE_SECONDS,
            shell_timeout_interval=1,
            log=logging.getLogger("papermill"),
        )
        try:
            client.execute()
        finally:
            client.stop()


papermill_engines.register(ENGINE, _Engine)
