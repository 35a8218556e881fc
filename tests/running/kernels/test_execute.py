"""A forked kernel is like any other, ends when it must, and runs no code but the notebook's."""

import ast
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from oablib.base.errors import IncompleteRunError, ParameterError
from oablib.running.kernels import execute as kernel
from oablib.running.kernels import pool
from oablib.running.kernels.execute import Kernels
from tests.places import ROOT

# A death is looked for every fifth of a second; a busy machine gets the rest.
PROMPT_SECONDS = 2.0
# The same for a kernel whose parent is gone, which looks twice a second.
ORPHAN_SECONDS = 3.0
LONG = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(60)"
# Plain kernels are looked at once a second, and ended politely.
PLAIN_SECONDS = 4.0
WAYS = pytest.mark.parametrize("way", ["forked", "own process", "plain"])
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, reads /proc")

SHOWN = {
    "process": "import os, sys, tempfile, signal, threading\n"
    "umask = os.umask(0)\nos.umask(umask)\n"
    "print(os.getcwd(), oct(umask), hash('a'), sys.flags, sys.path, __name__, sys.argv[1:3:2])\n"
    "print(tempfile.gettempdir(), signal.getsignal(signal.SIGTERM), os.getpgrp() == os.getpid())",
    "environment": "skip = {'JPY_PARENT_PID', 'KMP_INIT_AT_FORK', 'KMP_DUPLICATE_LIB_OK'}\n"
    "print(sorted((k, v) for k, v in os.environ.items() if k not in skip))",
    "streams": "print('out')\nprint('err', file=sys.stderr)",
    # What does not come through Python is read from a pipe, a moment later.
    "pipe": "import time\nos.system('echo from below')\ntime.sleep(0.5)",
    "warning": "import warnings\nwarnings.warn('look here')",
    "frame": "import pandas as pd\npd.DataFrame({'a': [1.5, None], 'b': ['x', 'é']})",
    "figure": "from oablib.report import drawing\nfrom matplotlib.figure import Figure\n"
    "figure = Figure()\nfigure.subplots().plot([1, 3, 2])\nfigure",
    "seeded": "import numpy as np\nnp.random.default_rng(1).random(3)",
    "pool": "from oablib.workers import processes\n"
    "print(list(processes.each(abs, [-1, -2, -3], workers=2)) and 'done')",
}


def notebook(*sources: str, parameters: str = "") -> nbformat.NotebookNode:
    cells = [new_code_cell(source) for source in sources]
    if parameters:
        cells.insert(0, new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    return new_notebook(cells=cells)


def execute(
    *sources: str, folder: Path, kernels: Kernels = "forked", **environment: str
) -> nbformat.NotebookNode:
    return kernel.execute(
        notebook(*sources), stem="01_intake", values={}, environment=environment, folder=folder,
        kernels=kernels,
    )  # fmt: skip


@contextmanager
def opened(way: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernels]:
    """Kernels as a run has them: forks, fallen back to processes of their own, or plain."""
    if way == "own process":
        monkeypatch.setattr(pool, "_started", lambda _modules: None)
    kernels: Kernels = "plain" if way == "plain" else "forked"
    with kernel.opened(kernels):
        yield kernels


def printed(done: nbformat.NotebookNode) -> str:
    return "".join(o.text for cell in done.cells for o in cell.outputs if "text" in o)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_forked_and_plain_kernels_show_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # ipykernel leaves some streams alone under pytest
    environment = {"TMPDIR": str(tmp_path / "tmp"), "OAB_PRIVATE": str(tmp_path)}
    before = os.umask(0o027)
    try:
        with kernel.opened():
            forked = execute(*SHOWN.values(), folder=tmp_path, **environment)
            monkeypatch.setattr(pool, "fork", lambda *_, **__: None)
            fresh = execute(*SHOWN.values(), folder=tmp_path, **environment)
            plain = execute(*SHOWN.values(), folder=tmp_path, kernels="plain", **environment)
    finally:
        os.umask(before)
    for name, *cells in zip(SHOWN, forked.cells, fresh.cells, plain.cells, strict=True):
        texts = {str(cell.outputs).replace(_cell_folder(cell), "") for cell in cells}
        assert len(texts) == 1, name
        assert cells[0].outputs, name


def _cell_folder(cell: nbformat.NotebookNode) -> str:
    """The name that IPython gives a cell's file has the kernel's number in it."""
    text = str(cell.outputs)
    start = text.find("/ipykernel_")
    return text[start : start + len("/ipykernel_") + 8].split("/")[1] if start >= 0 else "\0"


@LINUX
def test_a_fork_is_one(tmp_path: Path) -> None:
    variables = {"TMPDIR": str(tmp_path), "OAB_ROOT": str(tmp_path), "PYTHONHASHSEED": "0"}
    with kernel.opened():
        parent = printed(execute("import os\nprint(os.getppid())", folder=tmp_path, **variables))
    assert int(parent) != os.getpid()


def test_a_plain_kernel_is_none(tmp_path: Path) -> None:
    with kernel.opened("plain"):
        source = "import os\nprint(os.getppid())"
        assert int(printed(execute(source, folder=tmp_path, kernels="plain"))) == os.getpid()


@LINUX
def test_forks_share_no_randomness_and_no_root(tmp_path: Path) -> None:
    source = (
        "import random, uuid\nimport numpy as np\nfrom oablib import params\n"
        "print(np.random.rand(), random.random(), uuid.uuid4(), params.root().name)"
    )
    roots = [tmp_path / "one", tmp_path / "two"]
    with kernel.opened():
        shown = []
        for root in roots:
            (root / "params").mkdir(parents=True)
            shown.append(printed(execute(source, folder=root, OAB_ROOT=str(root))).split())
    assert [words[-1] for words in shown] == ["one", "two"]
    assert not set(shown[0]) & set(shown[1])


@WAYS
def test_notebooks_run_side_by_side(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    # Each waits for the other's file, so that one after the other they would never end.
    source = (
        "from pathlib import Path\nimport time\nPath('here').touch()\n"
        "while not Path('../{other}/here').exists():\n    time.sleep(0.01)\n"
        "print(Path().resolve().name)"
    )
    with opened(way, monkeypatch) as kernels, ThreadPoolExecutor(2) as threads:
        running = [
            threads.submit(
                execute, source.format(other=other), folder=tmp_path / name, kernels=kernels
            )
            for name, other in (("a", "b"), ("b", "a"))
        ]
        assert [printed(future.result(60)) for future in running] == ["a\n", "b\n"]
    assert Path.cwd() != tmp_path / "a"


@WAYS
def test_a_killed_kernel_is_missed_at_once(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(way, monkeypatch) as kernels, ThreadPoolExecutor(1) as threads:
        running = threads.submit(execute, LONG, folder=tmp_path, kernels=kernels)
        os.kill(_pid_in(tmp_path / "pid"), signal.SIGKILL)
        killed = time.monotonic()
        with pytest.raises(IncompleteRunError, match="Python process ended"):
            running.result(60)
        assert time.monotonic() - killed < (PLAIN_SECONDS if way == "plain" else PROMPT_SECONDS)


@WAYS
def test_leaving_the_block_ends_what_runs_in_it(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def work(kernels: Kernels) -> list[BaseException | None]:
        first = _error(lambda: execute(LONG, folder=tmp_path, kernels=kernels))
        go_on.wait(60)
        return [first, _error(lambda: execute("1", folder=tmp_path, kernels=kernels))]

    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(KeyboardInterrupt), opened(way, monkeypatch) as kernels:
            running = threads.submit(work, kernels)
            pid = _pid_in(tmp_path / "pid")
            left = time.monotonic()
            raise KeyboardInterrupt
        assert time.monotonic() - left < (PLAIN_SECONDS if way == "plain" else PROMPT_SECONDS)
        assert not is_alive(pid)
        go_on.set()
        errors = running.result(60)
    assert [type(error) for error in errors] == [IncompleteRunError, IncompleteRunError]
    assert "stopped" in str(errors[1])
    execute("1", folder=tmp_path, kernels=kernels)  # other threads may go on


def _error(work: Callable[[], object]) -> BaseException | None:
    try:
        work()
    except IncompleteRunError as error:
        return error
    return None


def _pid_in(path: Path) -> int:
    until = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < until
        time.sleep(0.01)
    return int(path.read_text())


@LINUX
@pytest.mark.parametrize("kernels", ["forked", "plain"])
def test_kernels_do_not_outlive_the_run(kernels: str, tmp_path: Path) -> None:
    """Whatever a kernel has started ends with it, too."""
    cell = (
        "import os, subprocess, pathlib\nchild = subprocess.Popen(['sleep', '60'])\n"
        "pathlib.Path('pids').write_text(f'{os.getpid()} {os.getppid()} {child.pid}')\n" + LONG
    )
    program = textwrap.dedent(f"""
        from pathlib import Path
        from nbformat.v4 import new_code_cell, new_notebook
        from oablib.running.kernels import execute as kernel
        with kernel.opened({kernels!r}):
            notebook = new_notebook(cells=[new_code_cell({cell!r})])
            kernel.execute(notebook, stem="x", values={{}}, environment={{}}, folder=Path("."),
                           kernels={kernels!r})
    """)
    main = subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, env=_environment())
    until = time.monotonic() + 60
    while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text():
        assert time.monotonic() < until and main.poll() is None
        time.sleep(0.05)
    pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
    assert all(map(is_alive, pids))
    main.kill()
    main.wait()
    until = time.monotonic() + ORPHAN_SECONDS
    while any(map(is_alive, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    assert [pid for pid in pids if is_alive(pid)] == []


def _environment() -> dict[str, str]:
    home = str(ROOT)
    return {**os.environ, "PYTHONPATH": home}


@WAYS
def test_sockets_are_in_the_private_folder_of_the_stage_and_go(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its path is too long for a socket, in a private folder elsewhere; never a port."""
    source = "import ipykernel\nprint(ipykernel.get_connection_info())\n"
    source += "print(ipykernel.get_connection_file())"
    other = Path(tempfile.mkdtemp())  # as short as a folder for temporary files is
    monkeypatch.setattr(tempfile, "tempdir", str(other))
    long = tmp_path / ("x" * 90)
    long.mkdir()
    with opened(way, monkeypatch) as kernels:
        for folder, place in ((tmp_path, tmp_path), (long, other)):
            shown = printed(execute(source, folder=folder, kernels=kernels))
            assert '"transport": "ipc"' in shown
            assert Path(shown.splitlines()[-1]).parents[1] == place.resolve()
            with pytest.raises(IncompleteRunError):
                execute("1 / 0", folder=folder, kernels=kernels)
    assert not [*tmp_path.glob("oab-*"), *long.iterdir(), *other.iterdir()]
    other.rmdir()


@LINUX
def test_without_a_fit_warm_process_a_kernel_starts_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "import os\nfrom oablib.base import rounding\nprint(os.getppid())"
    with kernel.opened():
        pid = int(printed(execute(source, folder=tmp_path)))
        os.kill(pid, signal.SIGKILL)
        after = printed(execute(source, folder=tmp_path))
    assert int(after) == os.getpid()
    monkeypatch.setattr(pool, "NO_THREADS", {})  # pandas, imported by rounding, then starts one
    with kernel.opened():
        assert int(printed(execute(source, folder=tmp_path))) == os.getpid()


@WAYS
def test_every_kernel_is_guarded(
    way: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "import threading\nperson = int('999111999')\n"
        "def fail():\n    raise ValueError(person)\n"
        "thread = threading.Thread(target=fail)\nthread.start()\nthread.join()\n{}[person]"
    )
    with opened(way, monkeypatch) as kernels, pytest.raises(IncompleteRunError) as stopped:
        execute(source, folder=tmp_path, kernels=kernels)
    assert "KeyError: line 8 of the cell" in str(stopped.value)
    assert "999111999" not in str(stopped.value) + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "name", ["year=1\nopen('X', 'w')\nz", "n=open('X', 'w')", "other", "", "class", "n\0"]
)
def test_a_parameter_name_is_never_code(name: str, tmp_path: Path) -> None:
    source = notebook("open('ran', 'w')", parameters="n: int = 1  # children")
    with pytest.raises(ParameterError, match="It declares: n"):
        kernel.execute(source, stem="x", values={name: 1}, environment={}, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [None, [1], {"a": 1}, Path("x"), "a\0b"])
def test_a_parameter_value_is_plain(value: object, tmp_path: Path) -> None:
    source = notebook("n", parameters="n: str = ''  # children")
    with pytest.raises(ParameterError, match=r"^x: n must be"):
        kernel.execute(source, stem="x", values={"n": value}, environment={}, folder=tmp_path)  # type: ignore[dict-item]


def test_a_text_that_looks_like_code_stays_a_text(tmp_path: Path) -> None:
    value = "'''\n\"); open('X', 'w') #{x}\\"
    source = notebook("print(repr(n))", parameters="n: str = ''  # children")
    done = kernel.execute(source, stem="x", values={"n": value}, environment={}, folder=tmp_path)
    assert printed(done) == repr(value) + "\n"
    assert not (tmp_path / "X").exists()


def test_seconds_in_cells_leave_out_the_rest(tmp_path: Path) -> None:
    start = time.perf_counter()
    done = execute("import time\ntime.sleep(0.3)", "time.sleep(0.2)", folder=tmp_path)
    assert 0.5 <= kernel.seconds_in_cells(done) < time.perf_counter() - start
    assert kernel.seconds_in_cells(notebook("1")) == 0.0


def test_kernels_have_one_door() -> None:
    """What is outside of the package names of it only `oablib.running.kernels.execute`."""
    package, door = "oablib.running.kernels", "oablib.running.kernels.execute"
    for path in (ROOT / "oablib").rglob("*.py"):
        if path.is_relative_to(ROOT / "oablib" / "running" / "kernels"):
            continue
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names = [node.value]  # as in import_module("...")
            else:
                continue
            for name in names:
                assert not name.startswith(f"{package}.") or f"{name}.".startswith(f"{door}."), path
