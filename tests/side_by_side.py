"""Run all tests in two processes: those of whole runs, and all others, whose output is seen first.

A run waits for its kernels much of the time, so that on two cores both together take little more
than the longer of them. `python tests/side_by_side.py`, as `python3 nox.py -s tests` does.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

RUNS = "tests/runs"
# Of the runs, but so long that both parts take the same time only if they go with the others.
MOVED = ("tests/runs/test_herijking.py",)


def main() -> int:
    """The larger exit code of both."""
    pytest = (sys.executable, "-m", "pytest")
    with tempfile.TemporaryFile("w+") as output:
        runs = subprocess.Popen(
            [*pytest, RUNS, *(f"--ignore={each}" for each in MOVED)],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            others = subprocess.run(
                [*pytest, "tests", f"--ignore={RUNS}", *MOVED], cwd=ROOT, check=False
            )
            code = runs.wait()
        finally:
            runs.kill()
        output.seek(0)
        print(output.read(), flush=True)
    return max(code, others.returncode)


if __name__ == "__main__":
    sys.exit(main())
