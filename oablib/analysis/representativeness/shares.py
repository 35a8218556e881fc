"""Distributions of a sample, by wave, beside those of its population."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from oablib.protocol.codebook import Table
from oablib.protocol.models import Model

ALL = "all"
"""In the place of a wave: all of them."""

SHARES = ["variable", "wave", "code", "n", "share"]


def beside(
    frames: Sequence[pd.DataFrame], *, population: pd.DataFrame, model: Model, table: Table
) -> pd.DataFrame:
    """Distributions of a sample, by wave and in all, beside those of the population.

    frames: completed data sets. population: variable, code, n, share; its variables are compared.
    Columns: variable, wave, code, n and share (of the sample), n_population, population, and
    difference (share less population); shares are fractions. Every code of the codebook has a row.
    """
    names = population["variable"].unique()
    sample = of_sample(frames, names=names, waves=model.waves(frames[0]), table=table)
    listed = population.rename(columns={"n": "n_population", "share": "population"})
    both = sample.merge(listed, on=["variable", "code"], how="inner", validate="many_to_one")
    return both.assign(difference=both["share"] - both["population"])


def of_sample(
    frames: Sequence[pd.DataFrame], *, names: Iterable[str], waves: pd.Series, table: Table
) -> pd.DataFrame:
    """Distributions of a sample in completed data sets: variable, wave, code, n, share.

    waves: wave of each child, in the order of the frames. Rows of each wave come before those of
    ALL, unless there is one wave alone. n: children with a known value, mean over data sets;
    share: fraction of them, likewise.
    """
    by = {str(wave): (waves == wave).to_numpy() for wave in sorted(waves.unique())}
    groups = (by if len(by) > 1 else {}) | {ALL: np.ones(len(waves), dtype=bool)}
    parts = []
    for name in names:
        codes = list(table.column(name).codes)
        for wave, inside in groups.items():
            values = [frame.loc[inside, name].dropna() for frame in frames]
            shares = [each.value_counts(normalize=True).reindex(codes).fillna(0) for each in values]
            n, share = np.mean([len(each) for each in values]), np.mean(shares, axis=0)
            columns = {"variable": name, "wave": wave, "code": codes, "n": n, "share": share}
            parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)[SHARES] if parts else pd.DataFrame(columns=SHARES)


def distances(compared: pd.DataFrame, *, shown: pd.DataFrame) -> pd.DataFrame:
    """How far each distribution is from the population's: variable, wave, n, and measures.

    dissimilarity: half the sum of absolute differences, the share of children who would have to be
    of another category (Duncan & Duncan 1955, Amer. Sociol. Rev. 20:210). by_chance: what it would
    be on average in a simple random sample of n, by the normal approximation of each share. code,
    difference: the category whose share differs most, of those that may be shown; NaN without any.
    compared: as `beside`; shown: its rows, with hidden shares NaN.
    """
    keys = ["variable", "wave"]
    visible = {key: part.dropna(subset="difference") for key, part in shown.groupby(keys)}
    rows = []
    for key, part in compared.groupby(keys, sort=False):
        n, shares = float(part["n"].iloc[0]), part["population"].to_numpy(dtype=np.float64)
        spread = np.sqrt(2 / np.pi * shares * (1 - shares) / n)
        seen, code, difference = visible[key], np.nan, np.nan
        if len(seen):
            largest = seen.iloc[int(seen["difference"].abs().argmax())]
            code, difference = float(largest["code"]), float(largest["difference"])
        dissimilarity = part["difference"].abs().sum() / 2
        rows.append((*key, n, dissimilarity, spread.sum() / 2, code, difference))
    columns = [*keys, "n", "dissimilarity", "by_chance", "code", "difference"]
    return pd.DataFrame(rows, columns=columns)


def claims(
    compared: pd.DataFrame, *, figures: Mapping[str, Any] | None, table: Table
) -> pd.DataFrame:
    """What a publication says of its sample beside its population, and what is so here.

    Rows: claim (number from 0), variable, wave, said ("larger" or "smaller"), sample and population
    (shares of the named categories together, NaN where one is hidden). No rows without published
    figures, and for categories that the codebook does not have. compared: as `beside`, shares
    that may not be shown NaN.
    """
    rows = []
    for number, claim in enumerate((figures or {}).get("representativeness", ())):
        for name in claim["variables"]:
            chosen = compared[compared["variable"] == name]
            if chosen.empty:
                continue
            by_key = {category.key: category.code for category in table.column(name).categories}
            codes = [by_key.get(key) for key in claim["categories"]]
            inside = chosen[chosen["code"].isin(codes)]
            if None in codes:
                continue
            sums = inside.groupby("wave", sort=False)[["share", "population"]].sum(skipna=False)
            rows += [
                (number, name, wave, claim["sample"], share, population)
                for wave, share, population in sums.itertuples()
            ]
    columns = ["claim", "variable", "wave", "said", "sample", "population"]
    return pd.DataFrame(rows, columns=columns)
