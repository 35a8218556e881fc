"""One measured process: `python -m tests.measured.benchmark_process PART FOLDER SIZE`.

PART is a function of benchmark_parts, or <module>.<function>; without a function it only imports.
It prints one line of JSON: seconds per step, facts about the answer, versions. It imports nothing
before it has started to time its imports.
"""

import importlib
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any


def main(part: str, folder: Path, size: int) -> dict[str, Any]:
    """Import, call one function, and tell."""
    seconds = {}
    module, _, function = part.rpartition(".")
    start = time.perf_counter()
    parts = importlib.import_module(f".{module or 'benchmark_parts'}", package=__package__)
    seconds["importing"] = time.perf_counter() - start
    measured, facts = getattr(parts, function)(folder, size) if function else ({}, {})
    return {"seconds": seconds | measured, "facts": facts, "versions": versions()}


def versions() -> dict[str, str]:
    """Versions of Python and of what it computes with."""
    import numpy as np
    import pandas as pd

    import oablib

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "Python": platform.python_version(),
        "oablib": oablib.__version__,
        "pandas": pd.__version__,
        "numpy": np.__version__,
        "numpy's BLAS": f"{blas['name']} {blas['version']}",
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
