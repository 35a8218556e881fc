"""A self-test: effects that are known because they were planted, values hidden, effects found."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import imputation, pooling, sem
from oablib.statistics.imputation import Rule
from oablib.statistics.two_step import Analysis, scale_values

SCHOOL_SHARE = 0.1  # of the error variance lies between schools; of real scores: 0.05 to 0.15
REPEATS = 5
FAR = 3.0  # standard errors; among ten effects, chance alone goes beyond once in 40 self-tests
COLUMNS = ["name", "planted", "complete", "value", "se", "mc_se", "inside", "repeats", "z"]


@showable()
@dataclass(frozen=True, slots=True, repr=False)
class Recovered:
    """Planted direct effects and what came back; no rows when nothing was unknown.

    table: name; planted; complete, the mean estimate before anything was hidden; value and se,
    the mean pooled estimate and standard error after hiding and imputing; mc_se, of value as the
    mean over repeats: se by their root; inside, repeats whose 95 % interval holds planted;
    repeats; z, value minus planted in mc_se.
    """

    table: pd.DataFrame

    @property
    def failed(self) -> list[str]:
        """Names of effects that came back more than 3 standard errors from where they were."""
        return list(self.table.loc[self.table["z"].abs() > FAR, "name"])


def recover(
    frame: pd.DataFrame,
    *,
    found: Analysis,
    model: Model,
    table: Table,
    rule: Rule,
    m: int,
    iterations: int,
    seed: int,
    repeats: int = REPEATS,
    unknown_outcome: str = imputation.KEPT,
) -> Recovered:
    """Plant direct effects in completed data sets, hide as the data hide, impute and fit.

    In every repeat a data set is completed anew. Its outcome is drawn: linear in the model's
    columns, with the effects that were found, in two decimals, but no effect of school means of
    imputed variables, and with normal errors that are alike within schools. Scale values are those
    that were found and count as known, so that the truth is exact. A child then has the pattern of
    unknown values of the child that had its rank of the outcome, among children of its wave and
    background: missing at random, and related to the outcome as in the data. A child whose outcome
    is unknown keeps its own pattern. unknown_outcome: as of imputation.analysed.
    Raises ImputationError as imputation.impute, EstimationError as sem.fit does.
    """
    # Planted outcomes may lie beyond those that are possible.
    impute = partial(
        imputation.impute,
        model=model,
        table=table.unbounded(model.outcome),
        rule=rule,
        iterations=iterations,
    )
    analysed = partial(imputation.analysed, model=model, unknown_outcome=unknown_outcome)
    scaled = partial(scale_values.apply, values=found.values, model=model, table=table)
    filled = impute(frame, m=repeats, seed=seed)
    if filled.cells.empty:
        return Recovered(pd.DataFrame(columns=COLUMNS))
    effects = _planted(found, model=model)
    rows = []
    for repeat, truth in enumerate(imputation.all_completed(frame, cells=filled.cells)):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(5, repeat)))
        truth[model.outcome] = _outcome(scaled(truth), effects, found=found, model=model, rng=rng)
        hidden = _hidden_alike(truth, like=frame, model=model, table=table, rng=rng)
        again = impute(hidden, m=m, seed=int(rng.integers(2**31)))
        frames = [truth, *analysed(hidden, cells=again.cells)]
        complete, *fits = [
            sem.fit(model.syntax, scaled(each), cluster=model.cluster) for each in frames
        ]
        pooled = _direct(pooling.pool(fits).parameters, model)
        rows.append(pooled.assign(complete=_direct(complete.parameters, model)["est"]))
    return Recovered(_summed_up(effects, rows))


def _planted(found: Analysis, *, model: Model) -> dict[str, float]:
    """Effects on the outcome of the mediator and of the direct predictors, in two decimals."""
    rounded = _direct(found.parameters, model)["est"].round(2)
    effects = {str(name): float(effect) for name, effect in rounded.items()}
    without = [name for name, column in model.school_means.items() if column in model.imputed]
    return effects | dict.fromkeys(without, 0.0)


def _direct(parameters: pd.DataFrame, model: Model) -> pd.DataFrame:
    return model.paths_to_outcome(parameters, of=[model.mediator, *model.direct])


def _outcome(
    data: pd.DataFrame,
    effects: dict[str, float],
    *,
    found: Analysis,
    model: Model,
    rng: np.random.Generator,
) -> NDArray:
    rows, outcome = found.parameters, model.outcome
    left = rows[(rows["op"] == "~~") & (rows["lhs"] == outcome) & (rows["rhs"] == outcome)]
    school = pd.factorize(data[model.cluster])[0]
    between = rng.normal(size=school.max() + 1)[school]
    error = np.sqrt(SCHOOL_SHARE) * between
    error += np.sqrt(1 - SCHOOL_SHARE) * rng.normal(size=len(data))
    expected = data[list(effects)].to_numpy() @ np.array(list(effects.values()))
    centred = expected - expected.mean() + data[outcome].mean()
    return centred + np.sqrt(float(left["est"].iloc[0])) * error


def _hidden_alike(
    truth: pd.DataFrame, *, like: pd.DataFrame, model: Model, table: Table, rng: np.random.Generator
) -> pd.DataFrame:
    """The pattern of `like` goes to the child of the same rank of the outcome within its group."""
    background = [name for name in model.scaled if name not in model.imputed]
    groups = [like[name] == table.column(name).reference_code for name in background]
    no_outcome = like[model.outcome].isna()
    group = like.groupby([model.waves(like), no_outcome, *groups], sort=False).ngroup().to_numpy()
    # Without an outcome a child is its own like: its place stands for the score on both sides.
    place = pd.Series(np.arange(len(like)), index=like.index)
    had, has = (each[model.outcome].mask(no_outcome, place) for each in (like, truth))
    # lexsort sorts by its last key first; random numbers break ties of scores.
    before = np.lexsort((rng.random(len(like)), had, group))
    after = np.lexsort((has, group))
    unknown = like[list(model.imputed)].isna().to_numpy()
    moved = np.empty_like(unknown)
    moved[after] = unknown[before]
    columns = zip(model.imputed, moved.T, strict=True)
    return truth.assign(**{name: truth[name].astype(float).mask(rows) for name, rows in columns})


def _summed_up(effects: dict[str, float], rows: list[pd.DataFrame]) -> pd.DataFrame:
    planted, repeats = pd.Series(effects), len(rows)
    inside = [planted.between(row["ci_lower"], row["ci_upper"]) for row in rows]
    means = {
        name: pd.concat([row[column] for row in rows], axis=1).mean(axis=1)
        for name, column in (("complete", "complete"), ("value", "est"), ("se", "se"))
    }
    table = pd.DataFrame(
        {"planted": planted, **means, "inside": pd.concat(inside, axis=1).sum(axis=1)}
    )
    table = table.assign(mc_se=table["se"] / np.sqrt(repeats), repeats=repeats)
    table["z"] = (table["value"] - table["planted"]) / table["mc_se"]
    return table.rename_axis("name").reset_index()[COLUMNS]
