"""All that the report on the study shows, computed from the rows of its replications."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from oablib.studies.validation import comparisons, performance, selection, verdicts
from oablib.studies.validation.settings import Settings


@dataclass(frozen=True, eq=False)
class Results:
    """Performance and choices of paths; rows: as study.read gives them.

    The first batch has the published size; methods are compared at the smallest size, unless a
    property says otherwise.
    """

    rows: pd.DataFrame
    settings: Settings

    @property
    def n(self) -> int:
        """Children in a cohort of the published size."""
        return self.settings.batches[0].n

    @property
    def world(self) -> str:
        """The world in which methods are judged and compared."""
        return self.settings.batches[0].world

    @cached_property
    def overview(self) -> pd.DataFrame:
        """performance.overview of all rows."""
        return performance.overview(self.rows, reference=self.settings.reference)

    @cached_property
    def direct(self) -> pd.DataFrame:
        """Direct effects with both kinds of errors, in the world of the published effects."""
        both = comparisons.both_errors(self.overview)
        return both[both["world"] == self.world]

    @cached_property
    def judged(self) -> pd.DataFrame:
        """Direct effects of the default method and of complete data at the published size."""
        methods = (self.settings.default, self.settings.reference)
        return self.direct[(self.direct["n"] == self.n) & self.direct["method"].isin(methods)]

    @cached_property
    def compared(self) -> pd.DataFrame:
        """Direct effects of all methods."""
        return self.direct[self.direct["n"] == self.settings.smaller]

    @cached_property
    def values(self) -> pd.DataFrame:
        """Scale values of all methods."""
        every = self.overview
        at = (every["world"] == self.world) & (every["n"] == self.settings.smaller)
        return every[at & (every["kind"] == "value")]

    @cached_property
    def added(self) -> pd.DataFrame:
        """selection.false_positives of all rows."""
        return selection.false_positives(self.rows)

    @cached_property
    def added_here(self) -> pd.DataFrame:
        """The same where methods are compared."""
        at = (self.added["world"] == self.world) & (self.added["n"] == self.settings.smaller)
        return self.added[at]

    @cached_property
    def rates(self) -> pd.DataFrame:
        """comparisons.by_rule where methods are compared."""
        return comparisons.by_rule(
            self.added, settings=self.settings, n=self.settings.smaller, world=self.world
        )

    @cached_property
    def school_level(self) -> pd.DataFrame:
        """comparisons.school_level."""
        return comparisons.school_level(
            self.direct, added=self.added, settings=self.settings, n=self.settings.smaller
        )

    @cached_property
    def school_pairs(self) -> list[tuple[str, str]]:
        """comparisons.school_pairs."""
        return comparisons.school_pairs(self.school_level, settings=self.settings)

    @cached_property
    def indices(self) -> pd.DataFrame:
        """selection.indices of all rows."""
        return selection.indices(self.rows, large=self.settings.large_index)

    @cached_property
    def null_indices(self) -> pd.DataFrame:
        """The same in the worlds without the path that the published effects imply."""
        return self.indices[self.indices["world"] != self.world]

    @cached_property
    def null_means(self) -> pd.DataFrame:
        """Of these, means over imputations on estimated scale values."""
        rows = self.null_indices
        return rows[(rows["detail"] == "mean") & (rows["values"] == "estimated")]

    @property
    def null_n(self) -> int:
        """Children in a cohort of these worlds."""
        return int(self.null_means["n"].max())

    @cached_property
    def true_path(self) -> pd.Series:
        """Mean index, with complete data at the published size, of the path that does exist."""
        rows, chosen = self.indices, self.settings
        at = (rows["world"] == self.world) & (rows["n"] == self.n)
        of = (rows["method"] == chosen.reference) & (rows["name"] == chosen.added_path)
        mean = (rows["detail"] == "mean") & (rows["values"] == "estimated")
        return rows[at & of & mean].iloc[0]

    @property
    def rival_n(self) -> int:
        """The largest size at which weighting was done."""
        return comparisons.rival_n(self.direct, settings=self.settings)

    @cached_property
    def rivals(self) -> pd.DataFrame:
        """comparisons.rivals at `rival_n`."""
        return comparisons.rivals(self.direct, settings=self.settings, n=self.rival_n)

    @cached_property
    def schools(self) -> pd.DataFrame:
        """performance.schools of all rows."""
        return performance.schools(self.rows)

    @cached_property
    def schools_here(self) -> pd.DataFrame:
        """The same at `rival_n`."""
        at = (self.schools["n"] == self.rival_n) & (self.schools["world"] == self.world)
        return self.schools[at]

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """verdicts.verdicts."""
        return verdicts.verdicts(self.rows, settings=self.settings)
