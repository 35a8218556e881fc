"""What the validation study computed: cohorts, methods, and replications that failed."""

import pandas as pd

from oablib.report.exhibit import Table
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages
from oablib.report.validation.names import Names, about_all_cohorts

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def design_table(frame: pd.DataFrame, *, names: Names) -> Table:
    """Replications that succeeded, those that failed, and seconds; frame: study.read_seconds."""
    ordered = names.by_cohorts(names.by_method(frame))
    succeeded = ordered["replications"] - ordered["failed"]
    columns = ["cohorts", "method", "succeeded", "failed", "median"]
    return show(
        ordered.assign(succeeded=succeeded)[columns],
        about=about_all_cohorts(),
        **captions("tbl-design"),
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
