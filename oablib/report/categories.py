"""What reports show of scaled variables: joint tests of their categories, beside slopes."""

from collections.abc import Iterable

import pandas as pd

from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages
from oablib.statistics.two_step import CategoryTests

_ = texts_beside(__file__)
captions = _.captions

WEAK = "†"
"""Mark of a slope that says little; captions explain it."""
SLOPE = {"est": "value", "rhs": "variable"}


def marked(frame: pd.DataFrame, *, labels: Labels, column: str = "name") -> list[str]:
    """Labels of predictors, with a mark where the slope says little."""
    weak = frame["weak"] if "weak" in frame else [False] * len(frame)
    names = zip(frame[column], weak, strict=True)
    return [labels.heading(name) + (f" {WEAK}" if mark else "") for name, mark in names]


@in_languages
def tests_table(
    tests: CategoryTests, *, parameters: pd.DataFrame, labels: Labels, about: About
) -> Table:
    """Joint tests of scaled variables, and their slopes with intervals; parameters: of the fit."""
    slopes = parameters[parameters["op"] == "~"].rename(columns=SLOPE)
    slopes = slopes[["lhs", "variable", "value", "ci_lower", "ci_upper"]]
    rows = tests.table.merge(slopes, on=["lhs", "variable"], how="left", validate="one_to_one")
    shown = ["lhs", "variable", "f", "df1", "p", "value", "ci_lower", "ci_upper", "total_f"]
    named = rows.assign(
        lhs=[_("Effect on the {variable}", variable=labels(name)) for name in rows["lhs"]],
        variable=marked(rows, labels=labels, column="variable"),
    )
    return show(
        named[[*shown, "proportional_p"]],
        about=about,
        **captions("tbl-category-tests", least=tests.rules.weak_below),
    )


@in_languages
def effects_table(
    frame: pd.DataFrame, *, outcome: str, mediator: str, labels: Labels, about: About
) -> Table:
    """Direct effects of categories; frame: CategoryTests.effects, few children hidden."""
    rows = frame[frame["lhs"] == outcome]
    columns = ["variable", "category", "n", "value", "se", "ci_lower", "ci_upper", "on_line"]
    pairs = zip(rows["variable"], rows["code"], strict=True)
    named = rows.assign(
        category=[labels.category(name, code) for name, code in pairs],
        variable=rows["variable"].map(labels.heading),
    )
    return show(
        named[columns],
        about=about,
        **captions("tbl-category-effects", outcome=labels(outcome), mediator=labels(mediator)),
    )


@in_languages
def findings_text(tests: CategoryTests, *, outcome: str, labels: Labels) -> str:
    """Which scaled variables matter by their categories, and whose slopes say little.

    Empty for a model without scaled variables.
    """
    rows = tests.table[tests.table["lhs"] == outcome]
    if rows.empty:
        return ""
    level, differ = tests.rules.level, rows["p"] < tests.rules.level
    shown = rows.loc[differ, "variable"]
    parts = [_differ(shown, outcome=labels(outcome), level=level, labels=labels)]
    if not differ.all():
        parts.append(
            _(
                "Categories of {names} show no difference in their direct effect.",
                names=_listed(rows.loc[~differ, "variable"], labels=labels),
            )
        )
    return " ".join((*parts, _weak(rows, least=tests.rules.weak_below, labels=labels)))


def _differ(names: Iterable[str], *, outcome: str, level: float, labels: Labels) -> str:
    known = list(names)
    if not known:
        return _(
            "No scaled variable has a direct effect on the {outcome} by the joint test of its "
            "categories ({level:.0%} level).",
            outcome=outcome,
            level=level,
        )
    return _(
        "By the joint tests of all categories, these scaled variables have a direct effect on the "
        "{outcome} ({level:.0%} level): {names}.",
        outcome=outcome,
        level=level,
        names=_listed(known, labels=labels),
    )


def _weak(rows: pd.DataFrame, *, least: float, labels: Labels) -> str:
    """Whether the scale values are sure enough for slopes to describe anything."""
    weak = rows[rows["weak"]]
    if weak.empty:
        return _(
            "All their total effects are strong enough for slopes to describe them (F at least "
            "{least:g}).",
            least=least,
        )
    values = zip(weak["variable"], weak["total_f"], strict=True)
    names = [_("{name} (F {f:.1f})", name=labels(name), f=f) for name, f in values]
    return _(
        "Slopes say little where the F of the total effect is below {least:g}, because chance then "
        "makes up too much of the scale values: {names}.",
        least=least,
        names=listed(names),
    )


@in_languages
def proportional_text(tests: CategoryTests, *, outcome: str, labels: Labels) -> str:
    """Whether one slope describes all categories of a variable; empty where nothing is tested."""
    rows = tests.table[tests.table["lhs"] == outcome].dropna(subset=["proportional_p"])
    if rows.empty:
        return ""
    bent = rows.loc[rows["proportional_p"] < tests.rules.level, "variable"]
    if bent.empty:
        return _(
            "The tests of proportionality show no direct effects that deviate from one slope times "
            "the scale values ({level:.0%} level).",
            level=tests.rules.level,
        )
    return _(
        "One slope does not describe the categories of {names}: their direct effects are not "
        "proportional to the scale values ({level:.0%} level).",
        names=_listed(bent, labels=labels),
        level=tests.rules.level,
    )


def _listed(names: Iterable[str], *, labels: Labels) -> str:
    return listed(map(labels, names))
