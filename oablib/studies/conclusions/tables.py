"""The results tables of a run that conclusions are held against, as figures to compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from oablib.analysis.selection.forward_search import ADDED
from oablib.studies.conclusions.settings import Conclusion

FIGURES = ["here", "low", "high", "before", "new"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCohort:
    """direct: direct_effects. values: scale_values. trail: selection_trail.

    explained: prediction_indicators; None for a run without an indicator in use to compare with.
    """

    direct: pd.DataFrame
    values: pd.DataFrame
    trail: pd.DataFrame
    explained: pd.DataFrame | None

    @property
    def candidates(self) -> tuple[int, int]:
        """Candidate paths that were added, and all that were looked at."""
        pairs = self.trail.drop_duplicates(["lhs", "rhs"])
        added = self.trail.loc[self.trail["decision"] == ADDED, ["lhs", "rhs"]].drop_duplicates()
        return len(added), len(pairs)

    def scale_values(self, conclusion: Conclusion) -> pd.DataFrame:
        """Scale values of a conclusion: here with its interval, and before.

        Columns FIGURES; before: of the indicator then in use, new: as published. Rows that the run
        lacks are left out.
        """
        named = [
            (variable, code)
            for variable, codes in (conclusion.categories or {}).items()
            for code in codes
        ]
        rows = self.values.set_index(["variable", "code"])
        return _compared(rows, named, factor=1.0, beside=["current", "published"])

    def effects(self, names: Sequence[str]) -> pd.DataFrame:
        """The same of effects, in standard deviations."""
        rows = self.direct.set_index("name")
        factor = (rows["std"] / rows["value"]).where(rows["value"] != 0)
        return _compared(rows, names, factor=factor, beside=["current_std", "published_std"])


def _compared(
    rows: pd.DataFrame, named: Sequence[object], *, factor: pd.Series | float, beside: list[str]
) -> pd.DataFrame:
    """Rows by name, ours times a factor; empty where nothing is published beside them."""
    ours = rows[["value", "ci_lower", "ci_upper"]].mul(factor, axis=0)
    frame = ours.join(rows.reindex(columns=beside)).set_axis(FIGURES, axis="columns")
    return frame.astype(float).reindex(pd.Index(list(named))).dropna()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCountry:
    """causes: by level ("schools", "municipalities"), causes and causes_municipal.

    relative, late, swings: municipality_relative, late_registrations, score_swings. distances:
    sample_distances. close: dissimilarity up to which distributions are called so. children: of the
    country. drawn: whether a program has made these children up.
    """

    causes: Mapping[str, pd.DataFrame]
    relative: pd.DataFrame
    late: pd.DataFrame
    swings: pd.DataFrame
    distances: pd.DataFrame
    close: float
    children: int
    drawn: bool
