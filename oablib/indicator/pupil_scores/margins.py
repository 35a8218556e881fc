"""Distributions of the country's pupils that a sample of pupils can be held against."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from oablib.indicator.pupil_scores.children import UNKNOWN, Children
from oablib.indicator.pupil_scores.education import Education
from oablib.protocol.codebook import Table


def margins(
    children: Children, drawn: Education, *, names: Iterable[str], table: Table
) -> pd.DataFrame:
    """Shares of each category among pupils: variable, code, n, share (fraction of n).

    n: pupils whose value is known or drawn; a drawn value counts in parts, by its draws. Toddlers
    are left out, and so are columns that the children do not have.
    """
    pupil, parts = ~children.toddler, []
    for name in names:
        if name not in children.codes:
            continue
        codes = children.codes[name][pupil]
        counts = np.bincount(codes[codes != UNKNOWN], minlength=UNKNOWN).astype(np.float64)
        if name in drawn.rows:
            inside = pupil[drawn.rows[name]]
            drawn_counts = drawn.counts[name][inside].sum(axis=0, dtype=np.int64) / drawn.m
            counts[: len(drawn_counts)] += drawn_counts
        listed = [category.code for category in table.column(name).categories]
        n = round(float(counts[listed].sum()))
        columns = {"variable": name, "code": listed, "n": n, "share": counts[listed] / n}
        parts.append(pd.DataFrame(columns))
    empty = pd.DataFrame(columns=["variable", "code", "n", "share"])
    return pd.concat(parts, ignore_index=True) if parts else empty
