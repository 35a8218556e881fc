"""Every table of the reports: a frame goes in, a table with caption and source comes out.

`about` names population, n and source, and stands under each table. Nothing is computed here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from great_tables import GT, loc, style

from oablib.wording import words

NAMES = ("name", "variable", "lhs", "rhs", "measure", "step")  # columns that hold columns' names
SMALLEST_P = 0.0005  # three decimals would show 0.000
DIRECT_LABELS = {
    "name": "predictor",
    "value": "effect",
    "se": "standard error",
    "se_known": "se, scale values known",
    "published_se": "published standard error",
    "difference_in_se": "difference (published se)",
    "se_ratio": "ratio of standard errors",
}


def delivery(facts: pd.DataFrame, *, source: str) -> GT:
    """Facts of the delivered file."""
    return show(facts, caption="The delivered file", about=f"Source: {source}.")


def steps(frame: pd.DataFrame, *, about: str) -> GT:
    """Rows before and after each step of the intake."""
    caption = "Rows from delivery to analysis"
    return show(frame, caption=caption, about=f"Number of children after each step; {about}.")


def waves(frame: pd.DataFrame, *, about: str) -> GT:
    """Children and schools per wave."""
    note = f"A school counts once in every wave that it takes part in; {about}."
    return show(frame, caption="Children and schools per wave", about=note)


def variables(frame: pd.DataFrame, *, about: str) -> GT:
    """What is known of each variable, in groups by role."""
    note = f"Mean and standard deviation of numbers, among known values; {about}."
    return show(
        frame, caption="Variables of the model", about=note, shares=("known",), groups="role"
    )


def settings(frame: pd.DataFrame) -> GT:
    """Settings of the imputation."""
    return show(
        frame, caption="Settings of the imputation", about="Source: params/rules/imputation.yaml."
    )


def imputed_counts(frame: pd.DataFrame, *, m: int, about: str) -> GT:
    """Known and imputed values per variable; m is the number of completed data sets."""
    note = f"Completed data sets: {m}; {about}."
    return show(frame, caption="Known and imputed values", about=note, shares=("share_unknown",))


def scale_values(frame: pd.DataFrame, *, outcome: str, about: str) -> GT:
    """Scale values in groups by variable, with labels; intervals are left to the figure."""
    hidden = ["code", "label", "ci_lower", "ci_upper"]
    return show(
        frame.assign(category=frame["label"]).drop(columns=hidden),
        caption=f"Scale values in points {words(outcome)}",
        about=f"Mean over completed data sets; n: children in the category; {about}.",
        groups="variable",
    )


def optimum(frame: pd.DataFrame) -> GT:
    """Certificate of each fit's optimum."""
    note = "Largest score per child at the solution; distance of semopy's solution in standard "
    return show(
        frame,
        caption="Is each fit at its optimum?",
        about=f"{note}errors; one row per imputation.",
        scientific=("gradient", "semopy_distance"),
    )


def direct_effects(frame: pd.DataFrame, *, outcome: str, about: str) -> GT:
    """Direct effects beside published ones; intervals are left to the figure."""
    note = "Points per unit of the predictor, pooled over imputations"
    if "se_known" in frame:
        note += "; the standard error counts that scale values were estimated, the next does not"
    return show(
        frame.drop(columns=["ci_lower", "ci_upper"]),
        caption=f"Direct effects on {words(outcome)}",
        about=f"{note}; {about}.",
        labels=DIRECT_LABELS,
    )


def paths(frame: pd.DataFrame, *, about: str) -> GT:
    """All paths of the pooled model."""
    note = f"Unstandardised (est) and standardised (std); {about}."
    return show(frame, caption="All paths, pooled", about=note, digits={"df": 0})


def fit(frame: pd.DataFrame, *, about: str) -> GT:
    """Fit measures over imputations."""
    return show(
        frame,
        caption="Fit of the model",
        about=f"Mean, smallest and largest over imputations; {about}.",
        digits=3,
        count_rows=list(frame.index[frame["measure"] != "r2_adjusted"]),
    )


def recovery(frame: pd.DataFrame, *, hidden: str, outcome: str, about: str) -> GT:
    """Direct effects with values hidden and imputed, beside those with all known."""
    caption = f"Direct effects with part of {words(hidden)} hidden and imputed, and with all known"
    note = f"Points {words(outcome)} per unit; difference in pooled standard errors; {about}."
    return show(frame, caption=caption, about=note, digits=3)


def show(
    frame: pd.DataFrame,
    *,
    caption: str,
    about: str,
    labels: Mapping[str, str] | None = None,
    digits: Mapping[str, int] | int = 2,
    scientific: Sequence[str] = (),
    count_rows: Sequence[int] = (),
    shares: Sequence[str] = (),
    groups: str | None = None,
) -> GT:
    """A table for a report, for frames that have no function of their own above.

    labels: column -> heading with unit; columns without one show their name as words.
    digits: decimals of float columns, for all or per column. shares: columns of fractions that
    are shown in %. scientific: columns of very small numbers. count_rows: rows whose numbers are
    counts or large enough to need no decimals. groups: a column whose values become row groups.
    """
    frame = frame.assign(**{name: frame[name].map(_as_words) for name in NAMES if name in frame})
    headings: dict[str, Any] = {str(name): words(str(name)) for name in frame if name != groups}
    headings |= {name: label for name, label in (labels or {}).items() if name in frame}
    plain = [
        str(name)
        for name in frame.select_dtypes("float")
        if name not in (*shares, *scientific, "p")
    ]
    # A fixed id, so that equal tables are equal bytes.
    table = GT(frame, groupname_col=groups, id="table")
    for name in plain:
        places = digits if isinstance(digits, int) else digits.get(name, 2)
        table = table.fmt_number(columns=name, decimals=places)
    if count_rows:
        table = table.fmt_number(columns=plain, rows=list(count_rows), decimals=0)
    return _dressed(
        _other_numbers(table, frame, scientific=scientific, shares=shares).cols_label(headings),
        caption=caption,
        about=about,
    )


def _other_numbers(
    table: GT, frame: pd.DataFrame, *, scientific: Sequence[str], shares: Sequence[str]
) -> GT:
    table = table.fmt(_probability, columns="p") if "p" in frame else table
    table = table.fmt_scientific(columns=list(scientific)) if scientific else table
    table = table.fmt_percent(columns=list(shares), decimals=1) if shares else table
    integers = [str(name) for name in frame.select_dtypes("integer")]
    return table.fmt_integer(columns=integers) if integers else table


def _dressed(table: GT, *, caption: str, about: str) -> GT:
    return (
        table.sub_missing(missing_text="–")
        .tab_header(title=caption)
        .tab_source_note(about)
        .tab_style(style.text(weight="bold"), loc.column_labels())
        .tab_options(table_font_size="14px", heading_align="left")
    )


def _probability(value: float) -> str:
    return "&lt;0.001" if value < SMALLEST_P else f"{value:.3f}"


def _as_words(name: Any) -> Any:
    return words(name) if isinstance(name, str) else name
