"""Effects of both parents' education: points between categories, and what was published of them."""

import numpy as np
import pandas as pd

from oablib.analysis.effects import Parents
from oablib.analysis.effects.parents import BOTH
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.numbers import probability
from oablib.report.published import Published, cited
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

SHOWN = [
    "name", "est", "lowest", "highest", "span", "points", "published_points", "std",
    "published_std", "current_std",
]  # fmt: skip


@in_languages
def parents_table(parents: Parents, *, outcome: str, labels: Labels, about: About) -> Table:
    """Points of the outcome between the lowest and the highest category of each parent."""
    rows = parents.rows

    def category(name: str, code: float) -> str | float:
        return np.nan if pd.isna(code) else labels.category(name, code)

    pairs = {end: zip(rows["name"], rows[end], strict=True) for end in ("lowest", "highest")}
    named = rows.assign(
        name=[_.words("rows")[n] if n == BOTH else labels.heading(n) for n in rows["name"]],
        **{end: [category(*pair) for pair in each] for end, each in pairs.items()},
    )
    shown = [name for name in SHOWN if name in named]
    return show(named[shown], about=about, **captions("tbl-parents", outcome=labels(outcome)))


@in_languages
def parents_finding(
    parents: Parents | None,
    *,
    direct: pd.DataFrame,
    values: pd.DataFrame,
    figures: Published,
    level: float,
    drawn: bool,
    labels: Labels,
) -> str:
    """Which parent's education counts more, and whether what was published of them holds here.

    direct: name, std, and perhaps published_std. values: pooled scale values, perhaps with current
    (those of the indicator then in use) and published. drawn: whether the published effects are
    planted. Says so where the model has no two such effects.
    """
    if parents is None:
        return _("The model has no two scaled variables with the same categories to compare.")
    parts = [_more(parents, level=level, labels=labels), _strongest(parents, direct, labels=labels)]
    if figures is not None:
        parts += [
            _strongest_published(parents, direct),
            _father(parents, labels=labels),
            _moved(parents, values=values),
            _lowest(parents, values=values, labels=labels),
            _("Published figures: {source}.", source=cited(figures, part="scale_values")),
        ]
    if figures is not None and drawn:
        parts.append(
            _(
                "The published effects are planted in these synthetic children: agreement tests "
                "the program, not the world."
            )
        )
    return " ".join(part for part in parts if part)


def _beside_published(*, is_same: bool) -> str:
    """How a finding begins that is, or is not, as in the published report."""
    return _("As published,") if is_same else _("Unlike in the published report,")


def _more(parents: Parents, *, level: float, labels: Labels) -> str:
    """Which of the two spans more points, and whether the slopes differ."""
    rows = parents.rows.iloc[:2].sort_values("points", ascending=False)
    more, less = rows.to_dict("records")
    both = parents.rows.iloc[2]["points"]
    numbers = {
        "more": labels(more["name"]), "most": more["points"], "less": labels(less["name"]),
        "least": less["points"], "both": both, "p": probability(parents.difference["p"]),
    }  # fmt: skip
    if parents.difference["p"] < level:
        return _(
            "Between the categories with the lowest and the highest value lie {most:.2f} points "
            "for {more} and {least:.2f} for {less}, {both:.2f} for both together; per point of "
            "their scales the two effects differ (p {p}).",
            **numbers,
        )
    return _(
        "Between the categories with the lowest and the highest value lie {most:.2f} points for "
        "{more} and {least:.2f} for {less}, {both:.2f} for both together; per point of their "
        "scales no difference between the two effects is shown (p {p}).",
        **numbers,
    )


def _strongest(parents: Parents, direct: pd.DataFrame, *, labels: Labels) -> str:
    """Whether both parents' education has the largest standardised effects."""
    stronger = _stronger(parents, direct, column="std")
    if stronger.empty:
        return _(
            "Education of both parents has the strongest standardised effects of all "
            "characteristics but the mediator."
        )
    return _(
        "Education of both parents does not have the strongest standardised effects: that of "
        "{name} ({std:.2f}) is stronger than that of at least one of them.",
        name=labels(str(stronger.idxmax())), std=stronger.max(),
    )  # fmt: skip


def _strongest_published(parents: Parents, direct: pd.DataFrame) -> str:
    """Whether it is so in the published report; empty where that has no effect of a parent."""
    column, names = "published_std", list(parents.rows["name"].iloc[:2])
    if column not in direct or direct.set_index("name").loc[names, column].isna().any():
        return ""
    here, there = (_stronger(parents, direct, column=each).empty for each in ("std", column))
    if here and there:
        return _("That is what was published.")
    if here:
        return _("In the published report it does not.")
    if there:
        return _("In the published report it does.")
    return _("Nor does it in the published report.")


def _stronger(parents: Parents, direct: pd.DataFrame, *, column: str) -> pd.Series:
    """Sizes of the other effects that are larger than that of a parent, by name."""
    sizes, names = direct.set_index("name")[column].abs(), list(parents.rows["name"].iloc[:2])
    others = sizes.drop(names)
    return others[others > sizes[names].min()]


def _father(parents: Parents, *, labels: Labels) -> str:
    """Whether the effect of the first parent is weaker than in the indicator then in use."""
    row = parents.rows.iloc[0]
    sizes = row[["std", "published_std", "current_std"]].astype(float).abs()
    if sizes.isna().any():
        return ""
    here, published = sizes[["std", "published_std"]].round(2) < sizes["current_std"]
    given = {
        "beside": _beside_published(is_same=here == published), "name": labels(row["name"]),
        "here": row["std"], "current": row["current_std"],
    }  # fmt: skip
    if here:
        return _(
            "{beside} the standardised effect of {name} is weaker than in the indicator then in "
            "use ({here:.2f} against {current:.2f}).",
            **given,
        )
    return _(
        "{beside} the standardised effect of {name} is not weaker than in the indicator then in "
        "use ({here:.2f} against {current:.2f}).",
        **given,
    )


def _moved(parents: Parents, *, values: pd.DataFrame) -> str:
    """Whether scale values moved by a larger share than coefficients since the indicator in use."""
    rows = parents.rows.iloc[:2]
    of_parents = _with_published(values, names=list(rows["name"]))
    if of_parents.empty or rows[["published_std", "current_std"]].isna().any(axis=None):
        return ""
    if not of_parents["current"].any() or (rows["current_std"] == 0).any():
        return ""  # no share of a size of 0
    moves = {}
    for here, value, slope in (
        ("here", "value", "std"), ("published", "published", "published_std")
    ):  # fmt: skip
        by_value = (of_parents[value] - of_parents["current"]).abs().sum()
        by_slope = ((rows[slope] - rows["current_std"]) / rows["current_std"]).abs().mean()
        moves[here] = (by_value / of_parents["current"].abs().sum(), by_slope)
    values_move, slopes_move = moves["here"]
    is_more, was_more = (by_value > by_slope for by_value, by_slope in moves.values())
    given = {
        "beside": _beside_published(is_same=is_more == was_more), "values": values_move,
        "slopes": slopes_move,
    }  # fmt: skip
    if is_more:
        return _(
            "{beside} scale values of education moved more since then than its effects: by "
            "{values:.0%} of their size on average, against {slopes:.0%}.",
            **given,
        )
    return _(
        "{beside} scale values of education did not move more since then than its effects: by "
        "{values:.0%} of their size on average, against {slopes:.0%}.",
        **given,
    )


def _lowest(parents: Parents, *, values: pd.DataFrame, labels: Labels) -> str:
    """Whether the first level has a lower value than before, for both parents."""
    names = list(parents.rows["name"].iloc[:2])
    levels = values[values["variable"].isin(names)].drop_duplicates("variable")
    first = _with_published(levels, names=names).set_index("variable")
    if len(first) < len(names):
        return ""
    lower, was_lower = (
        [name for name in names if first.loc[name, column] < first.loc[name, "current"]]
        for column in ("value", "published")
    )
    given = {
        "beside": _beside_published(is_same=lower == was_lower),
        "category": labels.within(names[0], first["code"].iloc[0]),
    }
    if len(lower) == len(names):
        return _(
            "{beside} the value of “{category}” is lower than in that indicator for both parents.",
            **given,
        )
    if not lower:
        return _(
            "{beside} the value of “{category}” is lower than in that indicator for neither "
            "parent.",
            **given,
        )
    return _(
        "{beside} the value of “{category}” is lower than in that indicator for one parent only "
        "({name}).",
        name=labels(lower[0]), **given,
    )  # fmt: skip


def _with_published(values: pd.DataFrame, *, names: list[str]) -> pd.DataFrame:
    """Scale values of these variables, where they and both published ones are known."""
    known = ["value", "current", "published"]
    rows = values[values["variable"].isin(names)]
    return rows.dropna(subset=known) if set(known) <= set(values) else rows[:0]
