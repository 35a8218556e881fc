"""Scores as they would be if everything about a child were known: of a drawn country alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import InputError
from oablib.indicator.pupil_scores import scores
from oablib.indicator.pupil_scores.children import Children, keys_of
from oablib.indicator.pupil_scores.education import Education
from oablib.indicator.pupil_scores.indicator import Indicator
from oablib.indicator.pupil_scores.scores import Scores
from oablib.indicator.pupil_scores.settings import Rules

PERSONS = ("child", "mother", "father")


def read_truth(folder: str | Path, *, year: int) -> pd.DataFrame:
    """True characteristics of a drawn country's children, one row a child; child_id and codes.

    Raises InputError when there is no such file: a data holder's country has none.
    """
    path = Path(folder) / "truth" / f"education_{year}.parquet"
    if not path.is_file():
        raise InputError(
            f"{path.parent.name}/{path.name} is absent; only a country that was drawn has true "
            "characteristics. Ask whether it was (pupil_scores.origin) before."
        )
    return pd.read_parquet(path)


def true_scores(
    children: Children, truth: pd.DataFrame, *, indicator: Indicator, rules: Rules
) -> Scores:
    """Scores with the true characteristics, and everybody in the population register.

    truth: child_id and codes of the columns it knows, one row for each child, in any order.
    indicator: the effects and scale values that are true. Asylum seekers get their mean by the
    same rule; nobody needs a donor. Raises InputError for children without a row or with two.
    """
    row = _rows(children, truth)
    codes = dict(children.codes)
    for name in truth.columns.intersection(list(codes)):
        codes[name] = truth[name].to_numpy()[row].astype(np.uint8)
    codes |= {f"{person}_registered": np.ones(len(children), np.uint8) for person in PERSONS}
    return scores.score(
        replace(children, codes=codes),
        Education(1, {}, {}),
        indicator=indicator,
        rules=rules,
        seed=0,  # nothing is drawn
    )


def if_all_were_known(
    folder: str | Path, children: Children, *, indicator: Indicator, rules: Rules
) -> NDArray[np.float64] | None:
    """`true_scores` of the children of a folder, (n,); None where nobody knows what is true.

    folder: of the country. Raises InputError as `true_scores`.
    """
    if not (Path(folder) / "truth").is_dir():
        return None
    truth = read_truth(folder, year=children.year)
    return true_scores(children, truth, indicator=indicator, rules=rules).score


def _rows(children: Children, truth: pd.DataFrame) -> np.ndarray:
    """Row of `truth` of each child, (n,)."""
    key = keys_of(truth["child_id"])
    order = np.argsort(key, kind="stable")
    if not np.array_equal(key[order], children.key):
        raise InputError(
            f"The truth has {len(key):,} rows for {len(children):,} children of "
            f"{children.year}, and not one for each; read that of the same reference date."
        )
    return order
