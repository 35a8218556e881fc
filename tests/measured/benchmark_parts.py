"""The analyses that are timed: each is called once, in a process of its own.

A part takes the folder of the data and a size; it returns seconds per step, and facts about the
answer. benchmarks.py starts the processes and writes the page.
"""

import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from oablib import params, pooling, sem
from oablib.protocol import models

# What the columns are named that stand for an indicator of a sub-model of 2015.
INDICATORS = {
    "education": ("education_father", "education_mother"),
    "income": ("household_income",),
    "origin": ("origin",),
    "neighbourhood": ("neighbourhood_income", "neighbourhood_incidents"),
    "residence_duration_and_status": ("residence_0_5_years", "residence_5_10_years", "asylum"),
}
FULL = "full"
# Size of the frames that grow in imputations: (rows, variables).
ONE_FRAME = (19_247, 9)
STATUS = Path("/proc/self/status")
REDRAWN = 0.4  # share of x1 that differs between invented imputations

Result = tuple[dict[str, float], dict[str, object]]


def candidates() -> list[str]:
    """Paths to intelligence that the base model leaves out."""
    model = models.load("base")
    absent = [name for name in model.direct if name not in model.indirect]
    return [f"{model.mediator} ~ {name}" for name in absent]


def pooled(folder: Path, m: int) -> Result:
    """Fits of the base model, the pooled table and the candidates' pooled tests."""
    model, seconds = models.load("base"), {}
    with timed(seconds, "reading"):
        frames = [pd.read_csv(folder / f"imputed_{i}.csv") for i in range(1, m + 1)]
    with timed(seconds, "fitting"):
        fits = [sem.fit(model.syntax, frame, cluster=model.cluster) for frame in frames]
    with timed(seconds, "pooled table"):
        table = pooling.pool(fits).parameters
    with timed(seconds, "candidates"):
        tests = pooling.modification_indices(fits, candidates())
    return seconds, {
        "parameters": table[["lhs", "op", "rhs", "est", "se"]].to_dict("list"),
        "d2": tests["d2"].tolist(),
    }


def grid(folder: Path, m: int) -> Result:
    """The sub-models of 2015 and the full model on m imputations, compared."""
    names = [f"imputed_{i}.parquet" for i in range(1, m + 1)]
    seconds, cluster = {}, models.load("base").cluster
    with timed(seconds, "reading"):
        frames = [pd.read_parquet(folder / name) for name in names]
    texts = submodels()
    columns = re.findall(r"\w+", texts[FULL].replace("~", "+"))
    with timed(seconds, "preparing"):
        samples = [sem.prepare(frame, columns, cluster=cluster) for frame in frames]
    with timed(seconds, "fitting"):
        fits = {name: [sem.fit(text, s) for s in samples] for name, text in texts.items()}
    with timed(seconds, "criteria"):
        table = pooling.compare(fits, base=FULL)
    return seconds, {"fits": sum(map(len, fits.values())), "aic": table["aic_mean"].tolist()}


def submodels() -> dict[str, str]:
    """Texts of the seven models (plan of 2015, section 3.1.2) and of one with all indicators.

    What a model does without stands in it with a path of 0, so that all explain the same data.
    """
    published = params.published("herziening2015")["submodels"]
    parts = {str(number): used for number, used in published.items()} | {FULL: list(INDICATORS)}
    return {name: _submodel(used) for name, used in parts.items()}


def rows(folder: Path, n: int) -> Result:
    """One fit of nine variables to n rows, twice: the first call and one after it."""
    return growing(folder, n=n, variables=ONE_FRAME[1])


def variables(folder: Path, p: int) -> Result:
    """One fit of p variables."""
    return growing(folder, n=ONE_FRAME[0], variables=p)


def growing(folder: Path, *, n: int, variables: int) -> Result:
    """Fit the invented frame of that size twice.

    Facts, in MiB: the data; `above`, what the second call needed more than was held before it
    (before the first, leftovers of reading are held, which it uses first); `peak` of the process.
    """
    seconds, text = {}, path_model(variables)
    with timed(seconds, "reading"):
        frame = pd.read_parquet(folder / f"invented_{n}_{variables}.parquet")
    with timed(seconds, "first call"):
        sem.fit(text, frame, cluster="school")
    peak = memory("VmHWM")
    forget_peak()
    before = memory("VmRSS")
    with timed(seconds, "second call"):
        sem.fit(text, frame, cluster="school")
    data = float(frame.memory_usage(deep=True).sum() / 2**20)
    return seconds, {"data": data, "above": memory("VmHWM") - before, "peak": peak}


def imputations(folder: Path, m: int) -> Result:
    """m fits, the pooled table and five pooled candidates."""
    n, p = ONE_FRAME
    frame, rng = pd.read_parquet(folder / f"invented_{n}_{p}.parquet"), np.random.default_rng(m)
    frames, seconds = [_redrawn(frame, rng) for _ in range(m)], {}
    with timed(seconds, "analysis"):
        fits = [sem.fit(path_model(p), each, cluster="school") for each in frames]
        pooling.pool(fits)
        pooling.modification_indices(fits, [f"m ~ x{i}" for i in range(3, p - 1)])
    return seconds, {}


def path_model(variables: int) -> str:
    """The base model's form on an invented frame."""
    return f"y ~ m + {' + '.join(f'x{i}' for i in range(1, variables - 1))}\nm ~ x1 + x2"


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Put the wall time of a block into `seconds`."""
    start = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - start


def memory(field: Literal["VmRSS", "VmHWM"]) -> float:
    """MiB that the process holds now, or held at most since `forget_peak`; NaN but on Linux."""
    # Not getrusage's ru_maxrss: a child starts with the peak of the process that called it.
    if not STATUS.exists():
        return math.nan
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 2**10


def forget_peak() -> None:
    """Let the most memory held be counted from now on."""
    if STATUS.exists():
        STATUS.with_name("clear_refs").write_text("5", encoding="ascii")


def _submodel(used: list[str]) -> str:
    columns = {name: part for part, names in INDICATORS.items() for name in names}
    terms = " + ".join(name if part in used else f"0*{name}" for name, part in columns.items())
    return f"cito ~ nscct + {terms}\nnscct ~ {terms}"


def _redrawn(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    hidden = rng.random(len(frame)) < REDRAWN
    return frame.assign(x1=frame["x1"] + hidden * rng.normal(size=len(frame)))
