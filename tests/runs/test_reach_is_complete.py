"""What a stage really calls is among what the text of its notebook says it can reach.

The cache rests on this: a function that runs and is not reached could change without anything
being run again. Each stage is executed under a profiler that notes every call within oablib.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from oablib import reach, stage
from tests.runs.conftest import PROJECT, RunOab
from tests.studies import interruptions

# Runs the code of a notebook and prints the qualified names of oablib that were called.
WATCH = """
import importlib, json, pathlib, pkgutil, sys
import oablib
folder = pathlib.Path(oablib.__file__).parent
for each in pkgutil.walk_packages([str(folder)], "oablib."):
    if not each.name.endswith(("__main__", "kernel_guard")):
        importlib.import_module(each.name)  # what happens on loading is another matter
called = set()
def note(frame, event, argument):
    code = frame.f_code
    if event == "call" and code.co_filename.startswith(str(folder)):
        called.add((code.co_filename, code.co_qualname))
cells, values = json.loads(sys.stdin.read())
names = {}
sys.setprofile(note)
for cell in cells:
    exec(compile(cell, "cell", "exec"), names)
    names |= {name: value for name, value in values.items() if name in names}
sys.setprofile(None)
print(json.dumps(sorted(called)))
"""


def definition(file: str, qualified: str) -> str:
    """Name as reach gives it, for a function that was called in a file."""
    parts = ("oablib", *Path(file).relative_to(reach.PACKAGE).with_suffix("").parts)
    module = ".".join(part for part in parts if part != "__init__")
    return f"{module}.{qualified.split('.<locals>')[0]}"


def called(stage: stage.Stage, *, root: Path, values: dict) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", WATCH], input=json.dumps([stage.code, values]),
        capture_output=True, text=True, cwd=root, timeout=300,
        env=os.environ | {"OAB_ROOT": str(root), "PYTHONPATH": str(PROJECT), "MPLBACKEND": "agg"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = json.loads(done.stdout.splitlines()[-1])
    return {definition(file, name) for file, name in names if not name.startswith("<")}


@pytest.mark.slow
def test_every_call_of_every_stage_was_foreseen(oab: RunOab, root: Path) -> None:
    told = {**interruptions.SMALL, "seed": 4}
    words = [word for name, value in told.items() for word in ("--set", f"{name}={value}")]
    done = oab("run", "demo", *words, "--quiet")
    assert done.returncode == 0, done.stderr
    values = {**told, "data": ".work/demo/delivery/cohort.sav"}
    for each in stage.load():
        reached = reach.of_code("\n".join(each.code)).definitions
        seen = called(each, root=root, values=values)
        assert len(seen) > 20
        assert seen - reached.keys() == set(), each.stem
