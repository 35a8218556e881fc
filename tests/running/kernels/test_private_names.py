"""Names that the libraries of kernels do not promise to keep, each with what it is used for.

When one of them is gone `--kernels plain` still runs notebooks, unless the guard needs it.
"""

import ast
import inspect
from importlib.metadata import version
from pathlib import Path
from types import FunctionType
from typing import Any

import papermill.clientwrap
import papermill.engines
import pytest
from ipykernel import compiler, iostream, ipkernel, kernelapp, zmqshell
from IPython.core import interactiveshell
from jupyter_client import channels, connect, launcher, manager
from jupyter_client.asynchronous import client as asynchronous
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import local_provisioner
from nbclient import client as nbclient

from oablib.running.kernels import execute, forked, guard, plain, pool, warm
from tests.places import ROOT

FOLDER = ROOT / "oablib" / "running" / "kernels"
SHELL = zmqshell.ZMQInteractiveShell
CLIENT = papermill.clientwrap.PapermillNotebookClient
LOCAL = local_provisioner.LocalProvisioner

NAMES = [
    ("ipykernel", SHELL, "_showtraceback", "guard: every way to show an exception ends here"),
    ("ipython", SHELL, "showtraceback", "guard: shows some kinds of exception by itself"),
    ("ipython", SHELL, "_get_exc_info", "guard: the exception that is shown"),
    ("ipython", SHELL, "run_cell_async", "guard: its result becomes the reply of the kernel"),
    ("ipython", interactiveshell.ExecutionResult, "error_in_exec", "guard: part of that result"),
    ("ipython", interactiveshell.ExecutionResult, "error_before_exec", "guard: also part of it"),
    ("ipykernel", ipkernel.IPythonKernel, "shell_class", "guard: puts its shell into the kernel"),
    ("ipykernel", kernelapp.IPKernelApp, "init_poller", "guard: watches the parent instead"),
    ("ipykernel", kernelapp.IPKernelApp, "poller", "guard: started by the application"),
    ("papermill", papermill.engines.papermill_engines, "register", "forked: adds its engine"),
    ("papermill", papermill.engines.NBClientEngine, "execute_managed_notebook", "forked: engine"),
    ("papermill", CLIENT, "execute", "forked: executes the cells of a managed notebook"),
    ("nbclient", CLIENT, "start_new_kernel_client", "forked: connects as soon as it can"),
    ("nbclient", CLIENT, "_async_poll_kernel_alive", "forked: looks more often"),
    ("nbclient", CLIENT, "kc", "forked: the client of the kernel, which it sets and stops"),
    ("nbclient", CLIENT, "km", "forked and plain: the manager that they pass on"),
    ("nbclient", CLIENT, "resources", "forked and plain: the folder in which a kernel starts"),
    ("nbclient", CLIENT, "iopub_timeout", "forked and plain: outputs may lag behind"),
    ("nbclient", CLIENT, "shell_timeout_interval", "forked and plain: looks at the kernel"),
    ("jupyter_client", AsyncKernelManager, "provisioner", "forked: set before the kernel starts"),
    ("jupyter_client", AsyncKernelManager, "ip", "forked: begins the name of a socket file"),
    ("jupyter_client", AsyncKernelManager, "iopub_port", "forked: ends the name of a socket file"),
    ("jupyter_client", AsyncKernelManager, "has_kernel", "plain: is there a kernel to end"),
    ("jupyter_client", AsyncKernelManager, "signal_kernel", "plain: ends it from another thread"),
    ("jupyter_client", LOCAL, "process", "forked: the fork, as if it were a Popen"),
    ("jupyter_client", LOCAL, "pid", "forked: the process number of the fork"),
    ("jupyter_client", LOCAL, "launch_kernel", "forked: forks instead"),
    ("jupyter_client", LOCAL, "wait", "forked: rests more shortly"),
    ("jupyter_client", LOCAL, "has_process", "plain: is there a kernel to end"),
    ("jupyter_client", LOCAL, "kill", "plain: ends a kernel after its last cell"),
    ("jupyter_client", LOCAL, "connection_info", "forked: the answer of launch_kernel"),
    ("jupyter_client", asynchronous.AsyncKernelClient, "iopub_channel", "forked: listens to it"),
    ("jupyter_client", plain.KernelSpecManager, "get_kernel_spec", "plain: the guarded kernel"),
]


@pytest.mark.parametrize(
    ("library", "owner", "name", "use"), NAMES, ids=[f"{row[0]}-{row[2]}" for row in NAMES]
)
def test_a_name_is_still_there(library: str, owner: Any, name: str, use: str) -> None:
    known = hasattr(owner, name) or name in getattr(owner, "__annotations__", {})
    instance_names = {"km", "kc", "connection_info"}  # set when an instance is made or started
    if not known and name in instance_names:
        known = any(f"self.{name}" in inspect.getsource(kind) for kind in owner.__mro__[:-1])
    assert known, f"{library} {version(library)} has no {name} any more; {use}."


BEHAVIOUR = [
    ("nbclient", nbclient.NotebookClient.reset_execution_trackers, "self.task_poll_for_reply",
     "forked: cancels this task when the kernel is gone"),
    ("nbclient", nbclient.NotebookClient.setup_kernel.__wrapped__, "self.start_new_kernel_client()",
     "forked: overrides what is called here"),
    ("nbclient", nbclient.NotebookClient.async_execute_cell, "self._async_poll_kernel_alive()",
     "forked: overrides what is called here"),
    ("nbclient", nbclient, '"iopub.status.busy"', "execute: adds up the seconds in cells"),
    ("nbclient", nbclient, '"iopub.status.idle"', "execute: adds up the seconds in cells"),
    ("papermill", papermill.execute_notebook, "**engine_kwargs",
     "plain: passes on the manager of the guarded kernel"),
    ("papermill", papermill.engines.NBClientEngine.execute_managed_notebook,
     "PapermillNotebookClient(nb_man, **final_kwargs)", "plain: passes on the same"),
    ("jupyter_client", manager.KernelManager, "if self.provisioner is None:",
     "forked: a provisioner that is set in advance is used"),
    ("jupyter_client", connect.ConnectionFileMixin, '"%s-%i" % (self.ip, port)',
     "forked: waits for the socket file of that name"),
    ("jupyter_client", channels, "async def get_msg",
     "forked: hears whether the kernel says anything"),
    ("jupyter_client", asynchronous.AsyncKernelClient.start_channels, "stdin: bool = True",
     "forked: starts only the channels that it needs"),
    ("jupyter_client", launcher.launch_kernel, 'env["JPY_PARENT_PID"]',
     "guard: the parent that it watches"),
    ("jupyter_client", local_provisioner.LocalProvisioner.send_signal, "self.process.send_signal",
     "pool: a fork without pgid is signalled by its own method"),
    ("ipykernel", compiler.get_tmp_directory, '"ipykernel_"',
     "errors.public_message and render.notebook: files of cells are known by it"),
    ("ipykernel", iostream, "iopub_welcome", "forked: a kernel says something unasked"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("library", "owner", "text", "use"), BEHAVIOUR, ids=[f"{r[0]}-{r[2]}" for r in BEHAVIOUR]
)
def test_a_library_still_does_what_is_relied_on(
    library: str, owner: Any, text: str, use: str
) -> None:
    source = inspect.getsource(owner)
    message = f"{library} {version(library)}: {owner.__name__} has no `{text}` any more; {use}."
    assert text in source, message


def test_every_method_that_takes_the_place_of_another_is_listed() -> None:
    listed = {name for _, _, name, _ in NAMES}
    ours = [
        kind
        for module in (execute, forked, guard, plain, pool, warm)
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__ == module.__name__
    ]
    assert {guard.GuardedShell, forked._Provisioner, forked._Client} <= set(ours)
    foreign = {
        kind: [
            b for b in kind.__mro__[1:] if not b.__module__.startswith(("builtins", "threading"))
        ]
        for kind in ours
    }
    overridden = {
        name
        for kind, bases in foreign.items()
        for name in vars(kind)
        if not name.startswith("__")
        and isinstance(vars(kind)[name], FunctionType | classmethod | staticmethod)
        and any(name in vars(base) for base in bases)
    }
    assert overridden <= listed


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_every_private_name_that_is_used_is_ours_or_listed(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    defined = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    defined |= {
        n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)
    }
    private = {name for name in used if name.startswith("_") and not name.startswith("__")}
    assert private - defined - {name for _, _, name, _ in NAMES} - {"_exit"} == set()


def test_what_the_warm_process_loads_is_there() -> None:
    """It passes over what is not there, and kernels then start later."""
    for module in (*warm.FIRST, *warm.in_portions(list(warm.LIBRARIES))):
        __import__(module)


def test_libraries_come_before_the_module_that_needs_them_and_others_not_at_all() -> None:
    assert warm.in_portions(["oablib.intake"]) == ["oablib.intake"]
    names = warm.in_portions(["oablib", "oablib.report.base_model"])
    assert names[0] == "pandas" and names[-2:] == ["semopy", "oablib.report.base_model"]
