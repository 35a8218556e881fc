"""Run all tests in two processes: those of whole runs, and all others, whose output is seen first.

A run waits for its kernels much of the time, so that on two cores both together take little more
than the longer of them. `python tests/side_by_side.py`, as `python3 nox.py -s tests` does.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Both parts take about the same time: of the runs one goes with the others, and tests of kernels
# and of clusters, which wait for most of their time, go with the runs.
KERNELS = "tests/running/kernels"
RUNS = ("tests/runs", "tests/workers", KERNELS)
MOVED = ("tests/runs/test_by_hand.py",)


def main() -> int:
    """The larger exit code of both."""
    pytest = (sys.executable, "-m", "pytest")
    with tempfile.TemporaryFile("w+") as output:
        runs = subprocess.Popen(
            [*pytest, "--durations=8", *RUNS, *(f"--ignore={each}" for each in MOVED)],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            rest = [*_folders(), *MOVED, f"--ignore={KERNELS}"]
            others = subprocess.run([*pytest, *rest], cwd=ROOT, check=False)
            code = runs.wait()
        finally:
            runs.kill()
        output.seek(0)
        print(output.read(), flush=True)
    return max(code, others.returncode)


def _folders() -> list[str]:
    """Everything in tests but those, and the pages, which need a browser."""
    left_out = (*RUNS, "tests/pages")
    paths = (path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").iterdir())
    named = re.compile(r"tests/(test_\w+\.py|[a-z]\w*)")
    return sorted(path for path in paths if named.fullmatch(path) and path not in left_out)


if __name__ == "__main__":
    sys.exit(main())
