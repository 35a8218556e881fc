"""The answer of the report on the imputation."""

import pandas as pd

from oablib.analysis.diagnostics import OverImputed
from oablib.report.imputation import checks, shares
from oablib.report.imputation import counts as counted
from oablib.report.labels import Labels
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)


@in_languages
def answer(
    counts: pd.DataFrame,
    *,
    m: int,
    drifts: pd.DataFrame,
    hidden: OverImputed,
    levels: pd.DataFrame,
    outcome: str,
    unknown_outcome: str,
    labels: Labels,
) -> str:
    """What was unknown and how it was imputed, whether imputed values look right, and the limit.

    counts: as imputed_counts. m: data sets. drifts: as imputation.drift. hidden: known values that
    were hidden. levels: as level_shares. outcome, unknown_outcome: of the model and the run.
    """
    unknown = counts[counts["imputed"] != 0]  # hidden ones (NaN) as well
    if unknown.empty:
        return _(
            "**Nothing was imputed**: all values of {variables} are known. Later results are those "
            "of complete data.",
            variables=listed(map(labels, counts["variable"])),
        )
    engines = counted.engine_words()
    methods = [engines[engine] for engine in unknown["engine"].unique()]
    how = _(
        "They were imputed {m} times by {methods}, from the child's other characteristics and "
        "those of the school.",
        m=m, methods=listed(methods),
    )  # fmt: skip
    parts = [
        counted.shares(unknown, labels=labels),
        how,
        counted.outcome_text(counts, outcome=outcome, unknown_outcome=unknown_outcome),
        _verdict(drifts, hidden.coverage),
        _settled(drifts, labels=labels),
        _covered(hidden.coverage, labels=labels),
        _(
            "Over all children, imputed and known shares of a value differ by at most {points:.1f} "
            "percentage points.",
            points=100 * shares.widest_gap(levels),
        ),
        _(
            "The main limit: values are assumed to be missing at random, which data cannot show; "
            "`06_diagnostics` tests what a departure would do."
        ),
    ]
    return " ".join(filter(None, parts))


def _verdict(drifts: pd.DataFrame, coverage: pd.DataFrame) -> str:
    settled = len(drifts) > 0 and bool(drifts["settled"].all())
    if settled and "below" not in checks.verdicts(coverage):
        return _("**The imputed values look right.**")
    return _("**The imputed values do not look right in every respect.**")


def _settled(drifts: pd.DataFrame, *, labels: Labels) -> str:
    """Whether all chains settled, with the largest drift."""
    if drifts.empty:
        return _("Chains settled: cannot be seen from so few iterations or data sets.")
    moving = drifts[~drifts["settled"].astype(bool)]
    worst = drifts.loc[[drifts["drift"].abs().idxmax()]].iloc[0]
    if moving.empty:
        return _(
            "Chains settled: yes (largest drift {drift:+.2f} standard deviations).",
            drift=worst["drift"],
        )
    return _(
        "Chains settled: no, not for {variables} (largest drift {drift:+.2f} standard deviations).",
        variables=listed(map(labels, moving["variable"])), drift=worst["drift"],
    )  # fmt: skip


def _covered(coverage: pd.DataFrame, *, labels: Labels) -> str:
    """For which variables the coverage of hidden values stays below the nominal level."""
    if coverage.empty:
        return ""
    low = coverage[[verdict == "below" for verdict in checks.verdicts(coverage)]]
    nominal = float(coverage["nominal"].iloc[0])
    shown = [
        _(
            "{variable} {share:.1%} (95% interval {lower:.1%} to {upper:.1%})",
            variable=labels(row["variable"]),
            share=row["coverage"], lower=row["ci_lower"], upper=row["ci_upper"],
        )
        for row in (coverage if low.empty else low).to_dict("records")
    ]  # fmt: skip
    if low.empty:
        return _(
            "Coverage of hidden known values below the nominal {nominal:.0%}: no; {coverages}.",
            nominal=nominal, coverages=listed(shown),
        )  # fmt: skip
    return _(
        "Coverage of hidden known values below the nominal {nominal:.0%}: yes, for {coverages}; "
        "these imputations understate their uncertainty.",
        nominal=nominal, coverages=listed(shown),
    )  # fmt: skip
