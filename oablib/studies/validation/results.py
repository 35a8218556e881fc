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

    @cached_property
    def overview(self) -> pd.DataFrame:
        """performance.overview of all rows."""
        return performance.overview(self.rows, reference=self.settings.reference)

    @cached_property
    def estimators(self) -> pd.DataFrame:
        """Direct effects of the default method and of complete data by all estimators.

        Column `detail` holds the estimator, as in replication.rows_of; rows of all cohorts.
        """
        methods = (self.settings.default, self.settings.reference)
        every = self.overview
        return every[(every["kind"] == "direct") & every["method"].isin(methods)]

    @cached_property
    def judged(self) -> pd.DataFrame:
        """Of these, the rows in the published world at the published size."""
        rows = self.estimators
        return rows[(rows["world"] == self.settings.world) & (rows["n"] == self.n)]

    @cached_property
    def direct(self) -> pd.DataFrame:
        """Direct effects of all methods as published, errors of both steps, published world.

        As published, because weighting and full information have no other estimator.
        """
        every = self.overview
        own = (every["kind"] == "direct") & (every["detail"] == "two-step")
        return every[own & (every["world"] == self.settings.world)]

    @cached_property
    def compared(self) -> pd.DataFrame:
        """Direct effects of all methods."""
        return self.direct[self.direct["n"] == self.settings.smaller]

    @cached_property
    def values(self) -> pd.DataFrame:
        """Scale values of all methods."""
        every = self.overview
        at = (every["world"] == self.settings.world) & (every["n"] == self.settings.smaller)
        return every[at & (every["kind"] == "value")]

    @cached_property
    def added(self) -> pd.DataFrame:
        """selection.false_positives of all rows."""
        return selection.false_positives(self.rows)

    @cached_property
    def added_here(self) -> pd.DataFrame:
        """The same where methods are compared."""
        world, n = self.settings.world, self.settings.smaller
        return self.added[(self.added["world"] == world) & (self.added["n"] == n)]

    @cached_property
    def rates(self) -> pd.DataFrame:
        """comparisons.by_rule where methods are compared."""
        chosen = self.settings
        return comparisons.by_rule(
            self.added, settings=chosen, n=chosen.smaller, world=chosen.world
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
    def path_tests(self) -> pd.DataFrame:
        """selection.path_tests of the default method and of complete data."""
        table = selection.path_tests(self.rows, path=self.settings.added_path)
        return table[table["method"].isin((self.settings.default, self.settings.reference))]

    @cached_property
    def drawn(self) -> pd.DataFrame:
        """performance.drawn of all rows."""
        return performance.drawn(self.rows)

    @cached_property
    def drawn_by_default(self) -> pd.DataFrame:
        """The same of the default method; not where paths alone differ from the published world."""
        rows = self.drawn
        own = rows["method"] == self.settings.default
        return rows[own & (rows["world"] != self.settings.null_world)]

    @cached_property
    def indices(self) -> pd.DataFrame:
        """selection.indices of all rows."""
        return selection.indices(self.rows, large=self.settings.large_index)

    @cached_property
    def null_indices(self) -> pd.DataFrame:
        """The same in the world without the path that the published effects imply."""
        return self.indices[self.indices["world"] == self.settings.null_world]

    @cached_property
    def null_means(self) -> pd.DataFrame:
        """Of these, means over imputations on estimated scale values."""
        rows = self.null_indices
        return rows[(rows["detail"] == "mean") & (rows["values"] == "estimated")]

    @property
    def null_n(self) -> int:
        """Children in a cohort of this world."""
        return int(self.null_means["n"].max())

    @cached_property
    def true_path(self) -> pd.Series:
        """Mean index, with complete data at the published size, of the path that does exist."""
        rows, chosen = self.indices, self.settings
        at = (rows["world"] == chosen.world) & (rows["n"] == self.n)
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
        world = self.settings.world
        return self.schools[(self.schools["n"] == self.rival_n) & (self.schools["world"] == world)]

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """verdicts.verdicts."""
        return verdicts.verdicts(self.rows, settings=self.settings)
