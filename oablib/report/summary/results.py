"""Results tables that the summary reads."""

import datetime
from dataclasses import dataclass

import pandas as pd

from oablib.analysis import effects
from oablib.analysis.selection.forward_search import ADDED
from oablib.studies.conclusions import OfCohort, OfCountry


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Tables of the cohort, each as its stage writes it.

    values: scale_values. counts: imputation_counts. fits: fit_by_imputation. information,
    sensitivity: of the diagnostics. direct: direct_effects. trail: selection_trail. prediction:
    prediction_summary. explained: prediction_indicators, or None.
    """

    population: pd.DataFrame
    steps: pd.DataFrame
    values: pd.DataFrame
    counts: pd.DataFrame
    fits: pd.DataFrame
    information: pd.DataFrame
    sensitivity: pd.DataFrame
    fit: pd.DataFrame
    direct: pd.DataFrame
    trail: pd.DataFrame
    prediction: pd.DataFrame
    explained: pd.DataFrame | None

    @property
    def to_judge(self) -> OfCohort:
        """What conclusions are held against."""
        return OfCohort(
            direct=self.direct, values=self.values, trail=self.trail, explained=self.explained
        )

    @property
    def m(self) -> int:
        """Number of completed data sets."""
        return len(self.fits)

    @property
    def unknown(self) -> pd.DataFrame:
        """Rows of `counts` with values that were unknown."""
        return self.counts[self.counts["imputed"] != 0]  # hidden ones (NaN) as well

    @property
    def recommended(self) -> pd.Series | None:
        """The path that needs most imputations; None where nothing was imputed."""
        wanted = self.information["m_recommended"].astype(float)
        if wanted.isna().all():
            return None
        return self.information.iloc[int(wanted.fillna(-1).argmax())]

    @property
    def added(self) -> pd.DataFrame:
        """Candidate paths that the selection added."""
        return self.trail[self.trail["decision"] == ADDED]

    @property
    def last_round(self) -> pd.DataFrame:
        """Candidates of the last round of the selection, those that were added left out."""
        rows = self.trail[self.trail["round"] == self.trail["round"].max()]
        return rows[rows["decision"] != ADDED]

    def measure(self, name: str) -> float:
        """A measure of fit, the mean over imputations."""
        return float(self.fit.set_index("measure")["mean"][name])

    @property
    def out_of_sample(self) -> pd.Series:
        """Measures of the model in schools not seen, with values unknown as in registers if so."""
        rows = self.prediction.set_index("population")
        return rows.loc[["register"]].iloc[0] if self.as_in_registers else rows.loc[["all"]].iloc[0]

    @property
    def as_in_registers(self) -> bool:
        """Whether those measures are of children with values unknown as in registers."""
        return "register" in set(self.prediction["population"]) and not self.unknown.empty

    @property
    def moved(self) -> pd.Series:
        """Largest movement of each effect under shifts of imputed values, in standard errors."""
        wide = self.sensitivity.pivot(index="name", columns="shift", values="value")
        errors = self.sensitivity[self.sensitivity["shift"] == 0].set_index("name")["se"]
        distance = wide.sub(wide[0], axis=0).abs().max(axis=1)
        return (distance / errors).dropna()

    @property
    def is_moved(self) -> bool:
        """Whether an effect moves far when imputed values are shifted."""
        return not self.sensitivity.empty and bool((self.moved > effects.rules().far).any())

    @property
    def changed_by_shifts(self) -> list[str]:
        """Predictors that show an effect under one shift and not under another."""
        rows = self.sensitivity.dropna(subset=["value"])
        counts = rows["differs"].astype(bool).groupby(rows["name"], sort=False).nunique()
        return [str(name) for name in counts.index[counts > 1]]

    @property
    def paths_in_want(self) -> int:
        """Number of paths that need more imputations than were made."""
        return int((self.information["m_recommended"].astype(float) > self.m).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """Tables of the children of the country.

    facts: country_facts. sources: score_sources. effects: indicator_effects. crosstable: of
    schools above zero by both indicators. national: allocation_national. causes, municipal: causes
    and causes_municipal. relative: municipality_relative. late: late_registrations. swings:
    score_swings. distances: sample_distances.
    """

    facts: pd.DataFrame
    sources: pd.DataFrame
    effects: pd.DataFrame
    crosstable: pd.DataFrame
    national: pd.DataFrame
    causes: pd.DataFrame
    municipal: pd.DataFrame
    relative: pd.DataFrame
    late: pd.DataFrame
    swings: pd.DataFrame
    distances: pd.DataFrame

    @property
    def is_drawn(self) -> bool:
        """Whether a program has made its children up."""
        return bool(self.facts["drawn"].iloc[0])

    @property
    def reference_date(self) -> datetime.date:
        """The day of which its children are."""
        return datetime.date.fromisoformat(str(self.facts["reference_date"].iloc[0]))

    def to_judge(self, *, close: float) -> OfCountry:
        """What conclusions are held against; close: dissimilarity that is called so."""
        return OfCountry(
            causes={"schools": self.causes, "municipalities": self.municipal},
            relative=self.relative,
            late=self.late,
            swings=self.swings,
            distances=self.distances,
            close=close,
            children=int(self.facts["children"].iloc[0]),
            drawn=self.is_drawn,
        )

    def share(self, source: str) -> float:
        """Share of scores from a source, 0 where there is none."""
        return float(self.sources.set_index("provenance")["share"].get(source, 0.0))

    @property
    def is_estimated(self) -> bool:
        """Whether the indicator that is applied was estimated in this run."""
        return bool((self.effects["new_from"] == "estimated").any())

    @property
    def counts_schools(self) -> bool:
        """Whether every number of school sites above zero is shown."""
        return bool(self.crosstable["n"].notna().all())

    def schools_above_zero(self, column: str) -> int:
        """School sites with a score above zero, by the indicator in `column`: current or new.

        Only where `counts_schools`.
        """
        table = self.crosstable
        return int(table.loc[table[column] == "above zero", "n"].sum())

    def schools_that_differ(self) -> int:
        """School sites above zero by one of the indicators only; where `counts_schools`."""
        table = self.crosstable
        return int(table.loc[table["current"] != table["new"], "n"].sum())
