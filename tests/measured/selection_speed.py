"""How long notebook 07 takes for 12 variants and 20 imputations; writes docs/selection_speed.md.

    python3 nox.py -s selection_speed

The run of the published size is made in a folder of its own up to 06, then 06 again and again with
one draw of schools more each time, so that nothing else is computed anew.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.places import ROOT

PROJECT = ROOT
FILE = PROJECT / "docs" / "selection_speed.md"
VARIANTS = 12
IMPUTATIONS = 20
DRAWS = (200, 201, 202)
ASKED = 10.0  # seconds in the cells of the notebook
LEFT_OUT = ("school_mean_education_mother", "residence_0_5_years", "debt_restructuring")

PAGE = """# Speed of the selection

`python3 nox.py -s selection_speed` timed `07_model_selection` of the run `herijking-2021` (19,247
children in some 1,370 schools) with {variants} variants, {imputations} imputations given: forward
search with all candidates, all variants ranked, as a whole and in each of three waves, the full
model taken down term by term by BIC, and {draws} draws of schools in which everything is decided
anew.

| | seconds in the cells of the notebook |
|---|---|
| {times_head} | {times} |
| asked | under {asked:g} |

Median {median:.1f} s on {cpus} cores ({machine}, Python {python}). Start of the kernel and
rendering are not counted.
"""


def project(folder: Path) -> str:
    """A project with three variants more; the names of all but the base model."""
    shutil.copytree(PROJECT / "params", folder / "params")
    (folder / "notebooks").symlink_to(PROJECT / "notebooks")
    names = [f"ocw_{number}" for number in range(1, 8)] + ["full"]
    base = (PROJECT / "params" / "models" / "base.yaml").read_text(encoding="utf-8")
    direct = base.split("direct: [")[1].split("]")[0].replace("\n", " ").split(",")
    for name in LEFT_OUT:
        kept = ", ".join(each.strip() for each in direct if each.strip() != name)
        text = f"extends: base\ntitle: Without {name}\ndirect: [{kept}]\ncandidates: []\n"
        (folder / "params" / "models" / f"without_{name}.yaml").write_text(text, encoding="utf-8")
        names.append(f"without_{name}")
    assert len(names) + 1 == VARIANTS
    return " ".join(names)


def seconds(root: Path, variants: str, *, draws: int) -> float:
    """Seconds in the cells of 06, from the record of its stage."""
    values = {"imputations": IMPUTATIONS, "variants": variants, "draws": draws}
    words = [f"--set={name}={value}" for name, value in values.items()]
    environment = os.environ | {"OAB_ROOT": str(root), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "oablib", "run", "herijking-2021", "--only=07", *words]
    subprocess.run(command, env=environment, cwd=root, check=True)
    records = (root / ".work" / ".cache" / "07_model_selection").glob("*/record.json")
    newest = max(records, key=lambda path: path.stat().st_mtime)
    return float(json.loads(newest.read_text(encoding="utf-8"))["in_cells"])


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        variants = project(Path(name))
        times = [seconds(Path(name), variants, draws=draws) for draws in DRAWS]
    page = PAGE.format(
        variants=VARIANTS, imputations=IMPUTATIONS, draws=DRAWS[0], asked=ASKED,
        times_head=f"{len(times)} runs", times=", ".join(f"{each:.1f}" for each in times),
        median=statistics.median(times), cpus=os.cpu_count(), machine=platform.machine(),
        python=platform.python_version(),
    )  # fmt: skip
    FILE.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
