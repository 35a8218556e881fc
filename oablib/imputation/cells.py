"""Unknown values are filled several times by chained forests that see the school level.

miceforest grows the forests and matches donors; the chain around it is ours, because the
school means among the predictors change with every round (docs/decisions/0004).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from oablib.codebook import Table
from oablib.errors import ImputationError
from oablib.models import Model

CELLS = ["child", "variable", "imputation", "value"]
TRACE = ["variable", "imputation", "iteration", "mean", "sd"]
MINIMUM_KNOWN = 50  # known values of a variable; with fewer a forest learns nothing


@dataclass(frozen=True, slots=True)
class Imputed:
    """The cells that were filled, m times.

    cells: child, variable, imputation (1..m), value. A cell that is not here was known and
    is the same in all m data sets.
    trace: variable, imputation, iteration, mean and sd of the values filled in that round.
    m: completed data sets; 1 when nothing was unknown and the one data set passes through.
    """

    cells: pd.DataFrame
    trace: pd.DataFrame
    m: int


def pattern(frame: pd.DataFrame, *, model: Model) -> pd.DataFrame:
    """Joint pattern of unknown values: wave, one True/False column a variable, n, share.

    share is a fraction of the wave's children; a model without waves has one, called "all".
    """
    unknown = frame[list(model.imputed)].isna()
    counts = unknown.groupby([model.waves(frame), *model.imputed]).size().rename("n").reset_index()
    return counts.assign(share=counts["n"] / counts.groupby("wave")["n"].transform("sum"))


def hide(
    frame: pd.DataFrame, *, variable: str, share: float, given: str, seed: int
) -> pd.DataFrame:
    """A copy in which `share` of a known variable is unknown, at random given another one.

    The chance rises with `given`: odds triple from one sd under its mean to one above.
    With an empty variable the frame comes back as it was.
    """
    if not variable:
        return frame
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,)))
    driver = (frame[given] - frame[given].mean()) / frame[given].std()
    # The lowest of exponential waiting times at rate odds: a draw without replacement.
    waiting = rng.exponential(size=len(frame)) / np.exp(np.log(3) / 2 * driver)
    hidden = waiting.rank(method="first") <= round(share * len(frame))
    return frame.assign(**{variable: frame[variable].astype(float).mask(hidden)})


def impute(
    frame: pd.DataFrame,
    *,
    model: Model,
    table: Table,
    rule: dict[str, Any],
    m: int,
    iterations: int,
    seed: int,
) -> Imputed:
    """Fill unknown values of model.imputed m times by chained equations.

    Predictors are all other variables of the model, its auxiliary columns, and per school,
    without the child itself: means of the imputed variables as currently filled, of outcome
    and mediator, and the share outside the reference category of each known category.
    rule: entry of params/rules/imputation.yaml. The same seed gives the same values.

    Raises ImputationError when a variable has fewer than 50 known values.
    """
    unknown = {name: frame[name].isna().to_numpy() for name in model.imputed}
    _fail_if_too_few_are_known(unknown)
    todo = {name: mask for name, mask in unknown.items() if mask.any()}
    if not todo:
        return Imputed(pd.DataFrame(columns=CELLS), pd.DataFrame(columns=TRACE), m=1)
    fixed = _fixed_predictors(frame, model=model, table=table)
    nominal = {name for name in todo if table.column(name).categories}
    cells, trace = [], []
    seeds = np.random.SeedSequence(seed, spawn_key=(3,)).spawn(m)
    for number, own in enumerate(seeds, start=1):
        chain = _Chain(
            frame, model=model, fixed=fixed, unknown=todo, rule=rule, seed=own, nominal=nominal
        )
        for iteration in range(1, iterations + 1):
            chain.step()
            trace += chain.moments(imputation=number, iteration=iteration)
        cells.append(chain.cells(frame).assign(imputation=number))
    stacked = pd.concat(cells, ignore_index=True)[CELLS]
    return Imputed(stacked, pd.DataFrame(trace, columns=TRACE), m)


def complete(frame: pd.DataFrame, *, cells: pd.DataFrame, imputation: int) -> pd.DataFrame:
    """The frame with the cells of one imputation filled in; all else is untouched."""
    filled = frame.copy()
    chosen = cells[cells["imputation"] == imputation]
    for name, part in chosen.groupby("variable"):
        values = pd.Series(part["value"].to_numpy(), index=part["child"])
        new = frame["child"].map(values)
        filled[name] = new.where(new.notna(), frame[name])
    return filled


def all_completed(frame: pd.DataFrame, *, cells: pd.DataFrame) -> list[pd.DataFrame]:
    """The m completed frames; the frame itself, alone, when no cell was imputed."""
    numbers = sorted(cells["imputation"].unique()) or [1]
    return [complete(frame, cells=cells, imputation=number) for number in numbers]


class _Chain:
    """One imputation: current values, and the forests that renew them in turn."""

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        model: Model,
        fixed: pd.DataFrame,
        unknown: dict[str, np.ndarray],
        rule: dict[str, Any],
        seed: np.random.SeedSequence,
        nominal: set[str],
    ) -> None:
        self._fixed, self._unknown, self._rule, self._nominal = fixed, unknown, rule, nominal
        self._rng = np.random.default_rng(seed)
        self._school = pd.factorize(frame[model.cluster])[0]
        self._current = {name: frame[name].to_numpy(float).copy() for name in model.imputed}
        for name, mask in unknown.items():
            known = self._current[name][~mask]
            self._current[name][mask] = self._rng.choice(known, mask.sum())

    def step(self) -> None:
        """Renew every incomplete variable once, given the current values of the others."""
        for name, mask in self._unknown.items():
            predictors = self._fixed.copy()
            for other, values in self._current.items():
                predictors[f"school_{other}"] = leave_one_out(values, school=self._school)
                if other != name:
                    predictors[other] = values
            predictors[name] = np.where(mask, np.nan, self._current[name])
            if name in self._nominal:
                predictors[name] = pd.Categorical(predictors[name])
            seed = int(self._rng.integers(2**31))
            self._current[name] = _forest(predictors, target=name, rule=self._rule, seed=seed)

    def moments(
        self, *, imputation: int, iteration: int
    ) -> list[tuple[str, int, int, float, float]]:
        filled = {name: self._current[name][mask] for name, mask in self._unknown.items()}
        return [
            (name, imputation, iteration, float(x.mean()), float(x.std()))
            for name, x in filled.items()
        ]

    def cells(self, frame: pd.DataFrame) -> pd.DataFrame:
        child = frame["child"].to_numpy()
        parts = [
            pd.DataFrame(
                {"child": child[mask], "variable": name, "value": self._current[name][mask]}
            )
            for name, mask in self._unknown.items()
        ]
        return pd.concat(parts, ignore_index=True)


def leave_one_out(values: np.ndarray, *, school: np.ndarray) -> np.ndarray:
    """Mean of the other children of the school, shape (n,), drawn to the overall mean.

    The overall mean counts as one further child, so that a lone child has a value as well.
    """
    count, total = np.bincount(school)[school], np.bincount(school, values)[school]
    return (total - values + values.mean()) / count


def _forest(
    predictors: pd.DataFrame, *, target: str, rule: dict[str, Any], seed: int
) -> np.ndarray:
    # Imported here: miceforest takes a second that no other stage should wait for.
    import miceforest

    own = rule["number" if pd.api.types.is_numeric_dtype(predictors[target]) else "category"]
    kernel = miceforest.ImputationKernel(
        predictors,
        num_datasets=1,
        variable_schema=[target],
        mean_match_candidates=own["donors"],
        mean_match_strategy=own["match"],
        random_state=seed,
    )
    kernel.mice(1, **own["learner"], num_threads=1, deterministic=True)
    return kernel.complete_data(0)[target].to_numpy(float)


def _fixed_predictors(frame: pd.DataFrame, *, model: Model, table: Table) -> pd.DataFrame:
    school = pd.factorize(frame[model.cluster])[0]
    wanted = [
        c for c in (*model.columns, *model.auxiliary) if c not in (model.cluster, *model.imputed)
    ]
    fixed = pd.DataFrame(index=frame.index)
    for name in wanted:
        nominal = table.column(name).type == "category" and len(table.column(name).codes) > 2
        fixed[name] = pd.Categorical(frame[name]) if nominal else frame[name].astype(float)
    for name in (model.outcome, model.mediator):
        fixed[f"school_{name}"] = leave_one_out(frame[name].to_numpy(float), school=school)
    for name in (each for each in model.scaled if each not in model.imputed):
        other = (frame[name] != table.column(name).reference_code).to_numpy(float)
        fixed[f"school_{name}"] = leave_one_out(other, school=school)
    fixed["school_children"] = np.bincount(school)[school].astype(float)
    return fixed


def _fail_if_too_few_are_known(unknown: dict[str, np.ndarray]) -> None:
    few = {
        name: int((~mask).sum()) for name, mask in unknown.items() if (~mask).sum() < MINIMUM_KNOWN
    }
    if few:
        raise ImputationError(
            f"Known values per variable: {few}; at least {MINIMUM_KNOWN} are needed to fill the "
            "others. Check the codes for unknown in the codebook, or leave the variable out."
        )
