"""What the report on the intake shows of unknown values: which are unknown together.

A pattern is named by its variables with spaces between, and by nothing where all are known.
"""

from collections.abc import Collection
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from oablib.protocol.roles import HasRoles
from oablib.report import drawing
from oablib.report.exhibit import About, Figure
from oablib.report.labels import Labels
from oablib.report.numbers import number, percent
from oablib.report.published import Published, cited
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

KNOWN, OTHER = "", "*"  # patterns: nothing unknown; all that have no colour of their own
PARENTS = ("education_father", "education_mother")
COLOURS = (drawing.OURS, drawing.GREEN, drawing.PURPLE, drawing.GREY)
ON_LIGHT = frozenset({drawing.GREEN, drawing.PURPLE})  # colours on which numbers are dark
SMALLEST = 0.04  # of a bar: smaller parts have no number in them


def pattern_shares(pattern: pd.DataFrame, *, roles: HasRoles) -> pd.DataFrame:
    """Rows waves, columns patterns, values fractions of the wave's children.

    Where there are more patterns than colours, the rarest are one column, `OTHER`, and so are those
    that are hidden in some wave (NaN): of them the rest to 1 is known.
    """
    flags = pattern[list(roles.imputed)].to_numpy(bool)
    keys = [" ".join(np.array(roles.imputed)[row]) for row in flags]
    named = pattern.assign(key=keys)
    table = named.pivot(index="wave", columns="key", values="share")
    is_hidden = named[named["share"].isna()]["key"].unique()
    possible = _patterns(roles, among=set(keys))
    table = table.reindex(columns=possible).fillna(0.0)
    if len(table.columns) <= len(COLOURS) and not len(is_hidden):
        return table
    others = table.drop(columns=[KNOWN, *is_hidden], errors="ignore")
    largest = others.mean().nlargest(len(COLOURS) - 2).index
    kept = [name for name in table if name == KNOWN or name in largest]
    kept = [name for name in kept if name not in is_hidden]
    return table[kept].assign(**{OTHER: 1 - table[kept].sum(axis=1)})


def published_pattern(figures: Published, *, roles: HasRoles) -> pd.DataFrame | None:
    """The published joint pattern of unknown education, in the form of `pattern_shares`.

    None without published figures, and for a model that imputes anything else.
    """
    if figures is None or roles.imputed != PARENTS:
        return None
    margin = pd.DataFrame(figures["margins"]["education_known"]).T / 100
    # Published order: both known, mother unknown, father unknown, both unknown.
    known, father, mother, both = _patterns(roles)
    return margin.set_axis([known, mother, father, both], axis=1)[[known, father, mother, both]]


def _patterns(roles: HasRoles, *, among: Collection[str] = ()) -> list[str]:
    """All patterns of a model's imputed variables, those with fewer unknown first.

    Of many variables only the patterns `among` those that occur: each one more doubles the others.
    """
    names = roles.imputed
    if 2 ** len(names) > 2 * len(COLOURS) and among:
        return sorted(among, key=lambda pattern: len(pattern.split()))
    return [" ".join(some) for n in range(len(names) + 1) for some in combinations(names, n)]


def _in_words(pattern: str, *, roles: HasRoles, labels: Labels) -> str:
    names = pattern.split()
    if pattern == OTHER:
        return _("other combinations")
    if not names:
        return _("all known")
    if len(names) == len(roles.imputed) > 1:
        return _("all unknown")
    return _("unknown: {variables}", variables=listed(map(labels, names)))


@in_languages
@drawing.styled
def missing_pattern_figure(
    shares: pd.DataFrame,
    *,
    published: pd.DataFrame | None,
    roles: HasRoles,
    labels: Labels,
    children: pd.Series,
    about: About,
) -> Figure:
    """Bars per wave with the share of each pattern, published ones beside ours.

    shares, published: as of `pattern_shares`. children: number of children by wave.
    """
    rows = _rows(shares, published=published, roles=roles, labels=labels)
    patterns = [_in_words(str(name), roles=roles, labels=labels) for name in shares]
    figure, axes = drawing.canvas(height=1.0 + 0.36 * len(rows))
    pairs = [len(shares) < len(rows)] * len(rows)
    heights = [row + (0.4 * (row // 2) if paired else 0) for row, paired in enumerate(pairs)]
    for height, row in zip(heights, rows.itertuples(index=False), strict=True):
        _stacked_bar(axes, list(row)[1:], names=patterns, at=height)
    axes.set_yticks(heights, rows["row"])
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel=_("share of children (%)"))
    drawing.legend(figure, axes, columns=2)
    spoken = [_spoken(row, patterns=patterns) for row in rows.itertuples(index=False)]
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Stacked bars. {values}.", values="; ".join(spoken)),
        numbers=_numbers(shares, published, children, roles=roles, labels=labels),
        headings=_.words("columns"),
        **captions("fig-missing-pattern"),
    )


def _rows(
    shares: pd.DataFrame, *, published: pd.DataFrame | None, roles: HasRoles, labels: Labels
) -> pd.DataFrame:
    """Rows of the figure: each wave, and under it what is published of it."""
    rows = []
    for wave in shares.index:
        name = labels.category(roles.wave, wave) if roles.wave else _("all children")
        beside = published is not None and wave in published.index
        rows.append([_("{wave}, here", wave=name) if beside else name, *shares.loc[wave]])
        if published is not None and beside:
            rows.append([_("published"), *published.loc[wave].reindex(list(shares)).fillna(0.0)])
    return pd.DataFrame(rows, columns=["row", *shares])


def _numbers(
    shares: pd.DataFrame,
    published: pd.DataFrame | None,
    children: pd.Series,
    *,
    roles: HasRoles,
    labels: Labels,
) -> pd.DataFrame:
    """One row a wave and pattern: wave, pattern, children (of the wave), share and published."""
    long = shares.rename_axis(columns=None).melt(
        ignore_index=False, var_name="pattern", value_name="share"
    )
    frame = long.rename_axis("wave").reset_index()
    keys = list(zip(frame["wave"], frame["pattern"], strict=True))
    if published is not None:
        listed = published.stack().to_dict()
        frame = frame.assign(published=[listed.get(key, np.nan) for key in keys])
    frame.insert(2, "children", frame["wave"].map(children).astype(int))
    return frame.assign(
        wave=[
            labels.category(roles.wave, wave) if roles.wave else _("all children")
            for wave in frame["wave"]
        ],
        pattern=[_in_words(name, roles=roles, labels=labels) for name in frame["pattern"]],
    )


def _stacked_bar(axes: Axes, parts: list[float], *, names: list[str], at: float) -> None:
    """One bar at height `at` of fractions that sum to 1; larger parts get their number."""
    left = 0.0
    for colour, name, share in zip(COLOURS, names, parts, strict=False):
        first = name not in axes.get_legend_handles_labels()[1]
        axes.barh(
            at, share * 100, left=left, color=colour, edgecolor="white", lw=0.8,
            label=name if first else None,
        )  # fmt: skip
        if share > SMALLEST:
            dark = drawing.INK if colour in ON_LIGHT else "white"
            text = number(share * 100, 1)
            axes.text(left + share * 50, at, text, ha="center", va="center", color=dark)
        left += share * 100


def _spoken(row: Any, *, patterns: list[str]) -> str:
    """One bar in words, for readers who cannot see it."""
    name, *parts = row
    pairs = zip(patterns, parts, strict=True)
    values = ", ".join(f"{pattern} {percent(share, 1)}" for pattern, share in pairs)
    return f"{name}: {values}"


@in_languages
def nothing_unknown(*, roles: HasRoles, labels: Labels) -> str:
    """What stands in the place of the pattern where there is none."""
    if not roles.imputed:
        return _("The model names no variable that may be unknown.")
    names = listed(map(labels, roles.imputed))
    return _("No value of {variables} is unknown, so that nothing is imputed.", variables=names)


@in_languages
def beside_published(
    shares: pd.DataFrame,
    *,
    figures: Published,
    children: pd.Series,
    roles: HasRoles,
    labels: Labels,
    about: About,
) -> str:
    """How far the pattern is from the published one; empty without one.

    children: number of children by wave, from which follows how far chance alone would reach.
    """
    published = published_pattern(figures, roles=roles)
    if figures is None or published is None or not set(shares.index) <= set(published.index):
        return ""
    shares = shares[[name for name in shares if name in published]]
    if shares.empty:
        return ""
    beside = published.loc[shares.index, list(shares)]
    gap = (shares - beside).abs()
    n = children.loc[shares.index].to_numpy()[:, None]
    error = np.sqrt(beside * (1 - beside) / n)
    source = cited(figures, part="education_known")
    texts = [
        _("Published shares are those of the same wave [{source}].", source=source),
        _largest(gap, roles=roles, labels=labels),
        _beyond(int((gap > 2 * error).to_numpy().sum()), among=gap.size),
    ]
    if about.drawn:
        texts.append(_("The synthetic children were drawn with the published shares: the "
                       "differences are due to chance."))  # fmt: skip
    return " ".join(texts)


def _largest(gap: pd.DataFrame, *, roles: HasRoles, labels: Labels) -> str:
    """The largest difference; gap: as of `pattern_shares`, absolute differences."""
    row, column = np.unravel_index(int(gap.to_numpy().argmax()), gap.shape)
    return _(
        "The largest difference from a published share is {gap:.1f} percentage points "
        "({wave}, {pattern}).",
        gap=100 * float(gap.to_numpy().max()),
        wave=labels.category(roles.wave, gap.index[int(row)]),
        pattern=_in_words(str(gap.columns[int(column)]), roles=roles, labels=labels),
    )


def _beyond(count: int, *, among: int) -> str:
    """How many of all shares differ by more than chance explains."""
    if not count:
        return _("No share differs by more than two standard errors.")
    return _.plural(
        "{n:,} of {all:,} shares differs by more than two standard errors.",
        "{n:,} of {all:,} shares differ by more than two standard errors.",
        n=count, all=among,
    )  # fmt: skip
