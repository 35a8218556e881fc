"""The section on imputation of docs/benchmarks.md, out of the runs that benchmarks.py made."""

from collections.abc import Mapping, Sequence
from statistics import median

from .benchmark_page import Run, Runs, Target, Task, markdown, shown, times
from .imputation_benchmark_parts import ITERATIONS

OURS, THEIRS = "imputation_benchmark_parts", "mice"
M = 5
PMM, NOMINAL, WORKERS, FOREST = (
    (f"{OURS}.{part}", 1 if part == "forest" else M)
    for part in ("pmm", "nominal", "two_workers", "forest")
)
MICE_PMM, POLYREG = (f"{THEIRS}.pmm", M), (f"{THEIRS}.polyreg", 1)
TASKS: tuple[Task, ...] = (PMM, MICE_PMM, NOMINAL, POLYREG, WORKERS, FOREST)
# Imports alone: what compiles our byte code and lets the system read R's packages.
WARMING: tuple[Task, ...] = ((f"{OURS}.", 0), MICE_PMM)
MICE_ITERATIONS = {"pmm": 5, "polyreg": 2}
NAMES = {
    PMM: "*oablib*, `pmm`",
    MICE_PMM: "*mice*, `pmm`",
    NOMINAL: "*oablib*, `nominal`",
    POLYREG: "*mice*, `polyreg`",
    WORKERS: "*oablib*, `nominal`, two processes",
    FOREST: "*oablib*, `forest`",
}
IMPUTING = ("imputing",)
# Targets, per imputation and iteration: times faster than mice's pmm, and than its polyreg.
PMM_RATIO, NOMINAL_RATIO = 1.0, 5.0

SECTION = """## Imputation beside mice

Education of both parents, eight levels, of a synthetic cohort of n = {n:,} as delivered, in which
{unknown:,} cells are unknown. Both programs read one CSV file and impute from the same {columns}
columns: the model's and its auxiliary variables, categories as dummies, and columns of the school.
*each*: seconds divided by imputations and iterations.

{table}

- *oablib* runs a first round before the imputations, which all start from; its time is in the
  figures and counts as none. It is half of that of `forest`.
- `polyreg` is slow: one imputation of {polyreg} iterations stands for all. It draws levels from
  estimated chances, with coefficients where nnet's search stands after 100 steps; `nominal`
  searches up to a tenth of a standard deviation from the mode, and draws the coefficients too, by
  a bootstrap of schools.
- *mice* gets factors; its `pmm` regresses their codes, ours the mean outcome of each level. Numbers
  are standardised beforehand, with which `polyreg` comes nearer to the mode. School means of
  education, which *oablib* renews in each round, are columns that stay.
- The two processes have one thread each; to start them is in the time.

Shares of levels among imputed cells differ by at most {pmm:.1f} points of a hundred between the two
`pmm`, and by {nominal:.1f} between `nominal` and `polyreg`.
"""


def section(runs: Runs, *, n: int) -> str:
    """The section; n: children of the cohort. Stops when both sides did not impute the same."""
    facts = {task: runs[task][0]["facts"] for task in TASKS}
    counts = {int(each["unknown"]) for each in facts.values()}
    if len(counts) > 1:
        raise SystemExit(f"The programs filled different numbers of cells: {sorted(counts)}.")
    _fail_if_mice_left_something_out(facts)
    return SECTION.format(
        n=n,
        unknown=counts.pop(),
        columns=facts[MICE_PMM]["columns"],
        table=_table(runs),
        polyreg=MICE_ITERATIONS["polyreg"],
        pmm=100 * apart(facts[PMM]["shares"], facts[MICE_PMM]["shares"]),
        nominal=100 * apart(facts[NOMINAL]["shares"], facts[POLYREG]["shares"]),
    )


def targets(runs: Runs) -> list[Target]:
    """Rows of the table of targets: what, least ratio, measured ratio."""
    pairs = {
        "`pmm`, times faster than mice's": (PMM, MICE_PMM, PMM_RATIO),
        "`nominal`, times faster than mice's `polyreg`": (NOMINAL, POLYREG, NOMINAL_RATIO),
    }
    return [
        (name, least, median(each(runs, theirs)) / median(each(runs, ours)))
        for name, (ours, theirs, least) in pairs.items()
    ]


def each(runs: Runs, task: Task) -> list[float]:
    """Seconds per imputation and iteration of each run."""
    rounds = task[1] * iterations(task)
    return [seconds / rounds for seconds in times(runs[task], IMPUTING)]


def iterations(task: Task) -> int:
    """Iterations that a task makes of each imputation."""
    program, part = task[0].split(".")
    return MICE_ITERATIONS[part] if program == THEIRS else ITERATIONS[part]


def apart(ours: Mapping[str, Sequence[float]], theirs: Mapping[str, Sequence[float]]) -> float:
    """Largest difference of a level's share in a variable."""
    pairs = [pair for name in ours for pair in zip(ours[name], theirs[name], strict=True)]
    return max(abs(one - other) for one, other in pairs)


def _table(runs: Runs) -> str:
    body = [
        (
            NAMES[task],
            f"{task[1]}",
            f"{iterations(task)}",
            shown(times(runs[task], IMPUTING)),
            shown(each(runs, task)),
        )
        for task in TASKS
    ]
    return markdown(("", "imputations", "iterations", "seconds", "each"), body)


def _fail_if_mice_left_something_out(facts: Mapping[Task, Run]) -> None:
    logged = {task[0]: facts[task]["logged"] for task in (MICE_PMM, POLYREG)}
    if any(logged.values()):
        raise SystemExit(f"mice left out predictors, or changed its method: {logged} events.")
