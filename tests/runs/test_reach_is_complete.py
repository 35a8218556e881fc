"""What a stage really calls is among what the text of its notebook says it can reach.

The cache rests on this: a function that runs and is not reached could change without anything
being run again. Each stage is executed under a profiler that notes every call within oablib.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from oablib import reach, reach_source, stage
from tests.runs.conftest import PROJECT, RunOab
from tests.studies import interruptions

# Runs the code of each notebook in a fork of a process that has loaded everything, which takes
# longer than most notebooks, and prints the qualified names of oablib that were called, by stage.
WATCH = """
import importlib, json, os, pathlib, pkgutil, sys, tempfile
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
def run(cells, values):
    names = {}
    sys.setprofile(note)
    for cell in cells:
        exec(compile(cell, "cell", "exec"), names)
        names |= {name: value for name, value in values.items() if name in names}
    sys.setprofile(None)
stages, values = json.loads(sys.stdin.read())
found = {}
for stem, cells in stages.items():
    with tempfile.NamedTemporaryFile() as told:
        if not (child := os.fork()):
            run(cells, values)
            pathlib.Path(told.name).write_text(json.dumps(sorted(called)))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0, stem
        found[stem] = json.loads(pathlib.Path(told.name).read_text())
print(json.dumps(found))
"""


def definition(file: str, qualified: str) -> str:
    """Name as reach gives it, for a function that was called in a file."""
    parts = ("oablib", *Path(file).relative_to(reach_source.PACKAGE).with_suffix("").parts)
    module = ".".join(part for part in parts if part != "__init__")
    return f"{module}.{qualified.split('.<locals>')[0]}"


def called(stages: Sequence[stage.Stage], *, root: Path, values: dict) -> dict[str, set[str]]:
    """Stem -> names of oablib that its notebook calls."""
    told = [{each.stem: each.code for each in stages}, values]
    done = subprocess.run(
        [sys.executable, "-c", WATCH], input=json.dumps(told),
        capture_output=True, text=True, cwd=root, timeout=500,
        env=os.environ | {"OAB_ROOT": str(root), "PYTHONPATH": str(PROJECT), "MPLBACKEND": "agg"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return {
        stem: {definition(file, name) for file, name in names if not name.startswith("<")}
        for stem, names in found.items()
    }


@pytest.mark.slow
def test_every_call_of_every_stage_was_foreseen(oab: RunOab, root: Path) -> None:
    told = {**interruptions.WITH_COUNTRY, "seed": 4}
    words = [word for name, value in told.items() for word in ("--set", f"{name}={value}")]
    done = oab("run", "demo", *words, "--quiet")
    assert done.returncode == 0, done.stderr
    values = {**told, "data": ".work/demo/delivery/cohort.sav", "country": ".work/demo/country"}
    stages = stage.load()
    seen = called(stages, root=root, values=values)
    for each in stages:
        reached = reach.of_code("\n".join(each.code)).definitions
        assert len(seen[each.stem]) > 20
        assert seen[each.stem] - reached.keys() == set(), each.stem
