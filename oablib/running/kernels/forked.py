"""A notebook executed in a fork of the warm process, without the waiting between papermill's steps.

It builds on names of papermill, nbclient and jupyter_client that these may change; they are listed
in tests/running/kernels/test_private_names.py. `plain` does without them.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

import nbformat
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from oablib.running.kernels import plain, pool
from oablib.workers import modules

ENGINE = "oablib"
TICK = 0.005  # seconds between looks at a file or process that is about to change
ALIVE_TICK = 0.2  # seconds between looks at whether a busy kernel is alive


def execute(
    notebook: nbformat.NotebookNode,
    *,
    values: Mapping[str, str | int | float],
    environment: Mapping[str, str],
    folder: Path,
) -> nbformat.NotebookNode:
    """Execute a notebook in a fork, or in a process of its own where there can be no fork.

    Raises as plain.execute.
    """
    with plain.kernel(environment, folder=folder) as manager:
        manager.provisioner = _Provisioner(kernel_spec=manager.kernel_spec, parent=manager)
        code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        manager.provisioner.modules = modules.of_cells(code)
        return plain.execute_in(manager, notebook, values=values, folder=folder, engine=ENGINE)


class _Provisioner(LocalProvisioner):
    """Starts a kernel as a fork of the warm process, or else as a process of its own."""

    process: Any = None
    modules: Sequence[str] = ()

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Start the kernel that `cmd` describes."""
        forked = pool.fork(
            cmd[cmd.index(plain.GUARD) + 1 :],
            environment=options["env"],
            folder=options["cwd"],
            modules=self.modules,
        )
        if forked is None:
            return await super().launch_kernel(cmd, **options)
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
        deadline = monotonic() + plain.START_SECONDS
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


class _Engine(NBClientEngine):
    """Papermill's engine with this client."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any
    ) -> None:
        """Execute the cells of a notebook to which parameters have been added."""
        wanted = ("km", "resources", "iopub_timeout", "shell_timeout_interval")
        client = _Client(
            nb_man,
            kernel_name=kernel_name,
            log=logging.getLogger("papermill"),
            **{name: options[name] for name in wanted},
        )
        try:
            client.execute()
        finally:
            if client.kc is not None:
                client.kc.stop_channels()


papermill_engines.register(ENGINE, _Engine)
