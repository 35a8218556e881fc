"""mice's pmm, the tool most often used, as one of the rivals: R in a process of its own."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from oablib.codebook import Table
from oablib.models import Model

SCRIPT = Path(__file__).with_name("mice_pmm.R")
VERSION = "cat(as.character(packageVersion('mice')))"


@cache
def version() -> str:
    """Version of mice; empty where R or mice is absent."""
    if not shutil.which("Rscript"):
        return ""
    command = ["Rscript", "--vanilla", "-e", VERSION]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def impute(
    frame: pd.DataFrame, *, model: Model, table: Table, m: int, iterations: int, seed: int
) -> pd.DataFrame:
    """Cells filled by mice's pmm on the codes: child, variable, imputation, value.

    Predictors are the model's columns and its auxiliary ones, categories as factors but for the
    unknown ones, whose codes are taken as numbers; the school is not among them. Raises
    subprocess.CalledProcessError when R fails.
    """
    wanted = [name for name in (*model.columns, *model.auxiliary) if name != model.cluster]
    chosen = frame[list(dict.fromkeys(wanted))]
    known = [str(name) for name in chosen if name not in model.imputed]
    factors = [name for name in known if table.column(name).categories]
    with TemporaryDirectory() as folder:
        read, written = Path(folder, "read.csv"), Path(folder, "written.csv")
        chosen.to_csv(read, index=False)
        numbers = [str(number) for number in (m, iterations, seed)]
        command = ["Rscript", "--vanilla", str(SCRIPT), str(read), str(written), *numbers]
        subprocess.run([*command, ",".join(factors)], check=True, capture_output=True)
        cells = pd.read_csv(written)
    cells.insert(0, "child", frame["child"].to_numpy()[cells.pop("row") - 1])
    return cells
