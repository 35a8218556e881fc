"""What was unknown, what it was filled with, and frames with the values filled in."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from oablib.base.shown import showable
from oablib.protocol.models import Model
from oablib.protocol.roles import HasRoles
from oablib.statistics.imputation import checks
from oablib.statistics.imputation.flags import Flag

CELLS = ["child", "variable", "imputation", "value", "engine"]
TRACE = ["variable", "imputation", "iteration", "mean", "sd"]
OBSERVED = "observed"
KEPT, LEFT_OUT = "kept", "left_out"
"""What an analysis does with children whose outcome was imputed."""


@showable(private=("cells",))
@dataclass(frozen=True, slots=True, repr=False)
class Imputed:
    """The cells that were filled, m times.

    cells: child, variable, imputation (1..m), value, engine (which drew it). A cell that is not
    here was known and is the same in all m data sets.
    trace: variable, imputation, iteration, mean and sd of the values filled in that round.
    m: completed data sets; 1 when nothing was unknown and the one data set passes through.
    flags: sentences on what a reader should know before believing the values.
    """

    cells: pd.DataFrame
    trace: pd.DataFrame
    m: int
    flags: tuple[Flag, ...] = ()


def pattern(frame: pd.DataFrame, *, model: HasRoles) -> pd.DataFrame:
    """Joint pattern of unknown values: wave, one True/False column a variable, n, children, share.

    children: of the wave; share is a fraction of them. A model without waves has one, called "all".
    """
    unknown = frame[list(model.imputed)].isna()
    counts = unknown.groupby([model.waves(frame), *model.imputed]).size().rename("n").reset_index()
    children = counts.groupby("wave")["n"].transform("sum")
    return counts.assign(children=children, share=counts["n"] / children)


def hide(
    frame: pd.DataFrame, *, variable: str, share: float, given: str, seed: int
) -> pd.DataFrame:
    """A copy in which `share` of a variable's known values is unknown, at random given another.

    The chance rises with `given`: odds triple from one sd under its mean to one above; a child of
    whom it is unknown has the odds of the mean. With an empty variable the frame comes back as it
    was.
    """
    if not variable:
        return frame
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,)))
    driver = ((frame[given] - frame[given].mean()) / frame[given].std()).fillna(0.0)
    # The lowest of exponential waiting times at rate odds: a draw without replacement.
    waiting = rng.exponential(size=len(frame)) / np.exp(np.log(3) / 2 * driver)
    known = frame[variable].notna()
    hidden = waiting.where(known).rank(method="first") <= round(share * known.sum())
    return frame.assign(**{variable: frame[variable].astype(float).mask(hidden)})


def complete(frame: pd.DataFrame, *, cells: pd.DataFrame, imputation: int) -> pd.DataFrame:
    """The frame with the cells of one imputation filled in; all else is untouched."""
    filled = frame.copy()
    chosen = cells[cells["imputation"] == imputation]
    for name, part in chosen.groupby("variable"):
        values = pd.Series(part["value"].to_numpy(), index=part["child"])
        new = frame["child"].map(values)
        filled[name] = new.where(new.notna(), checks.numbers(frame[name]))
    return filled


def all_completed(frame: pd.DataFrame, *, cells: pd.DataFrame) -> list[pd.DataFrame]:
    """The m completed frames; the frame itself, alone, when no cell was imputed."""
    numbers = sorted(cells["imputation"].unique()) or [1]
    return [complete(frame, cells=cells, imputation=number) for number in numbers]


def analysed(
    frame: pd.DataFrame, *, cells: pd.DataFrame, model: HasRoles, unknown_outcome: str = KEPT
) -> list[pd.DataFrame]:
    """The completed frames as analyses read them: with children whose outcome was imputed, or not.

    unknown_outcome: "kept", or "left_out" for deletion after imputation (Von Hippel, 2007, Sociol.
    Methodol. 37:83). That adds no noise of imputed outcomes, but the children left must not differ
    given the predictors of each equation. Scale values are estimated without the mediator, which
    has an equation of its own: where the outcome is unknown more often at low values of the
    mediator, both are biased by leaving out, and not by keeping.
    """
    completed = all_completed(frame, cells=cells)
    if unknown_outcome == KEPT:
        return completed
    known = frame[model.outcome].notna().to_numpy()
    return [each[known].reset_index(drop=True) for each in completed]


def provenance(frame: pd.DataFrame, *, imputed: Imputed, model: Model) -> pd.DataFrame:
    """Where each value comes from: child, and per imputed variable "observed" or the engine."""
    origin = pd.DataFrame({"child": frame["child"]})
    first = imputed.cells[imputed.cells["imputation"] == 1]
    for name in model.imputed:
        engine = first[first["variable"] == name].set_index("child")["engine"]
        origin[name] = frame["child"].map(engine).astype(object).fillna(OBSERVED)
    return origin
