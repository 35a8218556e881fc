"""The page docs/benchmarks.md out of the runs that benchmarks.py made."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from .benchmark_data import PUPILS

Run = dict[str, Any]  # seconds per step, facts, versions
Task = tuple[str, int]  # function of benchmark_parts, or "semTools", and its size
Runs = dict[Task, list[Run]]
Target = tuple[str, float, float]  # what, least ratio, measured ratio

NINE = 9  # variables of the base model
ROWS = (2_000, 20_000, 200_000, 1_900_000)
VARIABLES = (5, 10, 20, 40)
M = (5, 10, 20, 50, 100)
SEMTOOLS, IMPUTED, GRID = ("semTools", 5), ("pooled", 5), ("grid", 20)
PUBLISHED = ("two_step_benchmark_parts.published", 5)
CORRECTED = ("two_step_benchmark_parts.corrected", 5)
GROWTH = {"rows": ROWS, "variables": VARIABLES, "imputations": M}
INVENTED = tuple((part, size) for part, sizes in GROWTH.items() for size in sizes)

STEPS = ("fitting", "pooled table", "candidates")
GRID_STEPS = ("preparing", "fitting", "criteria")
FIRST, ANALYSIS, WHOLE = ("first call",), ("analysis",), ("whole process",)
IMPORTS = ("importing",)
# Times faster than semTools.
LEAST_RATIO = 50.0
# Targets: seconds of the grid and of the largest fit, MiB above its data, log-log slope in n.
GRID_SECONDS, LARGEST_SECONDS, LARGEST_MIB, LINEAR = 2.0, 2.0, 1024.0, 1.1

PAGE = """# Speed

`python3 nox.py -s bench` wrote this page. Each figure is the median of {rounds} runs, in brackets
the least and the most; a run is a process of its own. Python and R have one thread each
(OMP_NUM_THREADS = OPENBLAS_NUM_THREADS = MKL_NUM_THREADS = 1) and take turns. Timed inside the
process is the analysis, once packages and data are loaded. Nothing is warmed up: the first call
counts. Byte code is compiled beforehand, as that of R's packages is.

{targets}

{machine}

## A pooled analysis beside semTools

{m} imputations of a synthetic cohort of n = {n:,}, the same files (unknown education by a hot deck:
speed does not depend on how): fits of the base model ({parameters} parameters, errors clustered by
school), the pooled table, and pooled modification indices of five paths.

{pooled}

*oablib* gives each path D1 and D2, model-based and cluster-robust. *semTools* does less:
`lavTestScore.mi(test = "D2")` gives one D2, which ignores the clusters; for it, all models are
fitted again. Its calls are the plain ones: `sem.mi(estimator = "MLR", cluster, fixed.x = FALSE,
meanstructure = TRUE)`, `summary`, and one `lavTestScore.mi` for all paths.

Both give the same answer: pooled estimates differ by at most {est:.0e} standard errors, pooled
standard errors by {se:.0e} of their size, model-based D2 by {d2:.0e} of its size.

## Both steps

The same {m} imputations with categories: scale values, fits of the base model whose errors count
both steps, and pooling, by `two_step.analyse`. *as published*: one slope on values of the same
children; *default*: the jackknife over groups of schools beside it.

{both}

## Seven sub-models of 2015

The models that the plan of 2015 compares (`params/published/herziening2015.yaml`) and one with all
their indicators, on {grid_m} imputations of n = {n:,}: {fits} fits with clustered errors, then AIC
and BIC per model and their differences to the full one by means, D3 and D4 (`pooling.compare`).
Intelligence is in all; an indicator left out has a path of 0, so that all explain the same data.
Rows are read once per imputation (`sem.prepare`).

{grid}

## Growth

Invented frames, schools of {pupils} pupils, errors clustered by school. *slope*: of log time
against log size, from the row above; 1 is linear.

One fit of {nine} variables to n rows. *above data*: the most memory held during the second call,
less what was held before it (before the first, leftovers of reading are held, which it uses);
*peak*: the most that the process held until then, its packages and the reading included.

{rows}

One fit of p variables to n = {n:,}; robust errors need 1 + p (p + 3) / 2 sums per school.

{variables}

m fits of {nine} variables to n = {n:,}, the pooled table, and five paths.

{imputations}
{further}"""


def page(
    runs: Runs,
    *,
    rounds: int,
    n: int,
    machine: Mapping[str, str],
    further: str = "",
    targets: Sequence[Target] = (),
) -> str:
    """The whole page; n: children of the cohort; machine: what is to be said of it.

    further: a section for the end; targets: rows for the table at the top.
    """
    ours, theirs, grid = runs[IMPUTED], runs[SEMTOOLS], runs[GRID]
    facts = {**machine} | {
        name: version for own in runs.values() for name, version in own[0]["versions"].items()
    }
    return PAGE.format(
        rounds=rounds,
        targets=_targets(runs, targets),
        machine=markdown(("machine and versions", ""), list(facts.items())),
        m=IMPUTED[1],
        n=n,
        pooled=_beside(ours, theirs),
        **agreement(ours[0]["facts"], theirs[0]["facts"]),
        both=_both_steps(runs),
        grid_m=GRID[1],
        fits=grid[0]["facts"]["fits"],
        grid=_steps(grid),
        pupils=PUPILS,
        nine=NINE,
        rows=_rows(runs),
        variables=_growth(runs, "variables", "p", step=FIRST),
        imputations=_growth(runs, "imputations", "m", step=ANALYSIS),
        further=f"\n{further}" if further else "",
    )


def agreement(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, float]:
    """Largest differences: estimates in standard errors; standard errors and D2 relative."""
    mine, other = _by_address(ours["parameters"]), _by_address(theirs["parameters"])
    if mine.keys() != other.keys():
        raise SystemExit(f"The programs differ in parameters: {sorted(mine.keys() ^ other.keys())}")
    pairs = [(mine[key], other[key]) for key in mine]
    d2 = zip(ours["d2"], theirs["d2"], strict=True)
    return {
        "parameters": len(pairs),
        "est": max(abs(a[0] - b[0]) / b[1] for a, b in pairs),
        "se": max(abs(a[1] / b[1] - 1) for a, b in pairs),
        "d2": max(abs(a / b - 1) for a, b in d2),
    }


def times(runs: Sequence[Run], steps: Sequence[str]) -> list[float]:
    """Seconds of each run, summed over steps."""
    return [sum(run["seconds"][step] for step in steps) for run in runs]


def slopes(sizes: Sequence[int], seconds: Sequence[float]) -> list[float]:
    """Slope of log seconds against log size between neighbours; one fewer than there are sizes."""
    points = zip(map(math.log, sizes), map(math.log, seconds), strict=True)
    return [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]


def markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(values: Sequence[float]) -> str:
    """Median, least and most, in three digits."""
    return f"{median(values):.3g} [{min(values):.3g}, {max(values):.3g}]"


def _by_address(columns: Mapping[str, list]) -> dict[tuple[str, ...], tuple[float, float]]:
    rows = zip(*(columns[name] for name in ("lhs", "op", "rhs", "est", "se")), strict=True)
    # A covariance may be written either way round.
    return {
        (op, *(sorted((lhs, rhs)) if op == "~~" else (lhs, rhs))): (est, se)
        for lhs, op, rhs, est, se in rows
    }


def ratio_row(what: str, least: float, ratio: float) -> tuple[str, str, str, str]:
    """A row of the table of targets for a ratio that must not be less."""
    return what, f"at least {least:g}", f"{ratio:.3g}", _met(ratio >= least)


def _targets(runs: Runs, further: Sequence[Target]) -> str:
    largest = runs["rows", ROWS[-1]]
    grid = median(times(runs[GRID], GRID_STEPS))
    # What a process pays once, at its first call, does not grow with n.
    slope = slopes(ROWS, _medians(runs, "rows", ("second call",)))[-1]
    seconds, above = median(times(largest, FIRST)), median(_facts(largest, "above"))
    ratio = median(times(runs[SEMTOOLS], STEPS)) / median(times(runs[IMPUTED], STEPS))
    faster = ("pooled analysis, times faster than semTools", LEAST_RATIO, ratio)
    body = [
        (f"sub-models of 2015 on {GRID[1]} imputations, s", GRID_SECONDS, grid),
        (f"one fit to {ROWS[-1]:,} rows of {NINE} variables, s", LARGEST_SECONDS, seconds),
        ("memory above the data for it, MiB", LARGEST_MIB, above),
        ("growth with n: log-log slope of the second calls, last step", LINEAR, slope),
    ]
    rows = [ratio_row(*each) for each in (faster, *further)]
    rows += [
        (what, f"at most {limit:g}", f"{found:.3g}", _met(found <= limit))
        for what, limit, found in body
    ]
    return markdown(("target", "bound", "measured", "met"), rows)


def _met(holds: bool) -> str:
    return "yes" if holds else "no"


def _beside(ours: Sequence[Run], theirs: Sequence[Run]) -> str:
    rows = {
        "fitting five models": (STEPS[:1], STEPS[:1]),
        "pooled table": (STEPS[1:2], STEPS[1:2]),
        "five paths": (STEPS[2:], STEPS[2:]),
        "**analysis**": (STEPS, STEPS),
        "importing packages": (IMPORTS, IMPORTS),
        "reading five CSV files": (("reading",), ("reading",)),
        "whole process": (WHOLE, WHOLE),
    }
    body = []
    for name, (mine, other) in rows.items():
        fast, slow = times(ours, mine), times(theirs, other)
        body.append((name, shown(fast), shown(slow), f"{median(slow) / median(fast):.3g}"))
    return markdown(("seconds", "oablib", "semTools", "ratio"), body)


def _both_steps(runs: Runs) -> str:
    step_two = median(times(runs[SEMTOOLS], STEPS))
    body = []
    for name, task in (("as published", PUBLISHED), ("default", CORRECTED)):
        seconds = times(runs[task], ANALYSIS)
        body.append((name, shown(seconds), f"{step_two / median(seconds):.3g}"))
    return markdown(("estimator", "seconds", "semTools' second step alone, ratio"), body)


def _steps(runs: Sequence[Run]) -> str:
    rows = {step: (step,) for step in GRID_STEPS} | {"**analysis**": GRID_STEPS}
    rows |= {"importing packages": IMPORTS, "reading Parquet files": ("reading",)}
    body = [(name, shown(times(runs, steps))) for name, steps in rows.items()]
    return markdown(("step", "seconds"), [*body, ("whole process", shown(times(runs, WHOLE)))])


def _rows(runs: Runs) -> str:
    firsts = _medians(runs, "rows", FIRST)
    body = []
    for n, first, slope in zip(ROWS, firsts, _with_gap(slopes(ROWS, firsts)), strict=True):
        own = runs["rows", n]
        cells = [f"{n:,}", shown(times(own, FIRST)), shown(times(own, ("second call",)))]
        cells += [f"{first / n * 1e6:.3g}", slope]
        cells += [f"{median(_facts(own, name)):.0f}" for name in ("data", "above", "peak")]
        body.append(cells)
    head = ("n", "first call, s", "second call, s", "s per million rows", "slope")
    return markdown((*head, "data, MiB", "above data, MiB", "peak, MiB"), body)


def _growth(runs: Runs, part: str, name: str, *, step: Sequence[str]) -> str:
    sizes = GROWTH[part]
    gaps = _with_gap(slopes(sizes, _medians(runs, part, step)))
    body = [
        (f"{size}", shown(times(runs[part, size], step)), slope)
        for size, slope in zip(sizes, gaps, strict=True)
    ]
    return markdown((name, "seconds", "slope"), body)


def _medians(runs: Runs, part: str, steps: Sequence[str]) -> list[float]:
    return [median(times(runs[part, size], steps)) for size in GROWTH[part]]


def _with_gap(values: Sequence[float]) -> list[str]:
    return ["", *(f"{value:.2f}" for value in values)]


def _facts(runs: Sequence[Run], name: str) -> list[float]:
    return [run["facts"][name] for run in runs]
