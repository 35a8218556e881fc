"""What the validation study computed: cohorts, methods, and replications that failed."""

from collections.abc import Mapping, Sequence

import pandas as pd

from oablib.report.exhibit import Table
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages
from oablib.report.validation.names import Names, about_all_cohorts

_ = texts_beside(__file__)
captions = _.captions

Worlds = Mapping[str, Sequence[str]]  # world -> paths that are taken out


@in_languages
def design_table(frame: pd.DataFrame, *, names: Names, worlds: Worlds, outcome: str) -> Table:
    """Replications that succeeded, those that failed, and seconds of each method.

    frame: study.read_seconds. outcome: of the paths that a world may lack.
    """
    ordered = names.by_method(frame).sort_values(["world", "n"], ascending=False, kind="stable")
    pairs = zip(ordered["world"], ordered["n"], strict=True)
    cohorts = [_cohorts(worlds[world], n=n, names=names, outcome=outcome) for world, n in pairs]
    succeeded = ordered["replications"] - ordered["failed"]
    columns = ["cohorts", "method", "succeeded", "failed", "median"]
    return show(
        ordered.assign(cohorts=cohorts, succeeded=succeeded)[columns],
        about=about_all_cohorts(),
        **captions("tbl-design"),
    )


def _cohorts(without: Sequence[str], *, n: int, names: Names, outcome: str) -> str:
    if not without:
        return _("Published effects, {n:,} children", n=n)
    return _(
        "No path from {predictors} to {outcome}, {n:,} children",
        predictors=listed(map(names.labels, without)),
        outcome=names.labels(outcome),
        n=n,
    )


@in_languages
def failures(frame: pd.DataFrame, *, names: Names) -> str:
    """How many replications failed, and of which methods; frame: study.read_seconds."""
    total, failed = int(frame["replications"].sum()), frame[frame["failed"] > 0]
    if failed.empty:
        return _("All {n:,} replications succeeded.", n=total)
    parts = [
        _(
            "{failed:,} of {n:,} with *{method}* at {children:,} children",
            failed=row["failed"],
            n=row["replications"],
            method=names.method(row["method"]),
            children=row["n"],
        )
        for row in failed.to_dict("records")
    ]
    return _(
        "**{failed:,} of {n:,} replications failed**: {parts}. Figures are of those that "
        "succeeded.",
        failed=int(failed["failed"].sum()),
        n=total,
        parts=listed(parts),
    )
