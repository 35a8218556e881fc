"""What the report on the intake shows: the children of the cohort, and what is unknown of them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from oablib.base.origin import Origin
from oablib.base.wording import words
from oablib.intake import Delivery
from oablib.protocol.codebook import Table as CodebookTable
from oablib.protocol.roles import HasRoles
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import percent
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

PARENTS = ("education_father", "education_mother")
PATTERN_COLOURS = (drawing.OURS, drawing.GREEN, drawing.PURPLE, drawing.GREY)
ON_LIGHT = frozenset({drawing.GREEN, drawing.PURPLE})  # colours on which numbers are dark


def delivery_facts(delivery: Delivery) -> pd.DataFrame:
    """Facts of a delivered file as rows: fact, value."""
    facts = dataclasses.asdict(delivery)
    rows = {name: _as_text(value) for name, value in facts.items() if name != "origin"}
    return pd.DataFrame({"fact": list(rows), "value": list(rows.values())})


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def delivery_table(facts: pd.DataFrame, *, origin: Origin) -> Table:
    """Facts of the delivered file."""
    return show(
        facts, about=About(_("one file"), origin.source, origin.drawn), **captions("tbl-delivery")
    )


def population(cohort: pd.DataFrame, *, roles: HasRoles, origin: Origin) -> pd.DataFrame:
    """One row: children, schools, and the columns of the origin."""
    schools = cohort[roles.cluster].nunique()
    return pd.DataFrame([{"children": len(cohort), "schools": schools, **origin.columns()}])


def steps_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Rows before and after each step of the intake."""
    return show(frame, about=about, **captions("tbl-steps"))


def waves(cohort: pd.DataFrame, *, roles: HasRoles) -> pd.DataFrame:
    """Children and schools per wave; one wave called "all" for a model without waves."""
    groups = cohort.groupby(roles.waves(cohort).astype(str))
    table = pd.DataFrame({"children": groups.size(), "schools": groups[roles.cluster].nunique()})
    return table.reset_index()


def waves_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Children and schools per wave."""
    return show(frame, about=about, **captions("tbl-waves"))


def describe(cohort: pd.DataFrame, *, roles: HasRoles, table: CodebookTable) -> pd.DataFrame:
    """Per variable: role, variable, meaning, unit, known (fraction), mean and sd of numbers."""
    last = [name for name in (roles.wave, *roles.auxiliary) if name]
    parts = {roles.outcome: "outcome", roles.mediator: "intelligence"}
    named = [c.key for c in table.columns if c.key in cohort and c.type != "id"]
    rows = []
    for name in dict.fromkeys((*parts, *(key for key in named if key not in last), *last)):
        column, values = table.column(name), cohort[name]
        number = values.astype(float) if column.is_numeric else pd.Series(dtype=float)
        rows.append(
            {
                "role": parts.get(name, "auxiliary" if name in last else "background"),
                "variable": name,
                "meaning": column.label_en,
                "unit": column.unit or f"{len(column.categories)} categories",
                "known": float(values.notna().mean()),
                "mean": number.mean(),
                "sd": number.std(),
            }
        )
    return pd.DataFrame(rows)


def variables_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Known values of each variable, in groups by role."""
    return show(frame, about=about, **captions("tbl-variables"))


def pattern_shares(pattern: pd.DataFrame, *, roles: HasRoles) -> pd.DataFrame:
    """Rows waves, columns joint patterns in words, values fractions of the wave's children."""
    unknown = pattern[list(roles.imputed)].to_numpy().tolist()
    named = pattern.assign(pattern=[_pattern_words(flags, roles=roles) for flags in unknown])
    table = named.pivot_table(index="wave", columns="pattern", values="share", aggfunc="sum")
    return table.reindex(columns=_all_pattern_words(roles)).fillna(0.0)


def published_pattern(figures: Mapping[str, Any] | None, *, roles: HasRoles) -> pd.DataFrame | None:
    """The published joint pattern of unknown education, in the form of `pattern_shares`.

    None without published figures, and for a model that imputes anything else.
    """
    if figures is None or roles.imputed != PARENTS:
        return None
    margin = pd.DataFrame(figures["margins"]["education_known"]).T / 100
    # Published order: both known, mother unknown, father unknown, both unknown.
    known, father, mother, both = _all_pattern_words(roles)
    return margin.set_axis([known, mother, father, both], axis=1)[[known, father, mother, both]]


def _pattern_words(unknown: Sequence[bool], *, roles: HasRoles) -> str:
    names = [name for name, flag in zip(roles.imputed, unknown, strict=True) if flag]
    if not names:
        return "all known"
    if len(names) == len(roles.imputed) > 1:
        return "all unknown"
    return " and ".join(map(words, names)) + " unknown"


def _all_pattern_words(roles: HasRoles) -> list[str]:
    count = len(roles.imputed)
    flags = [[bool(i >> k & 1) for k in range(count)] for i in range(2**count)]
    return [_pattern_words(flag, roles=roles) for flag in flags]


@drawing.styled
def missing_pattern_figure(
    shares: pd.DataFrame, *, published: pd.DataFrame | None, about: About
) -> Figure:
    """Bars per wave with the share of each joint pattern, published ones beside ours.

    shares, published: rows waves, columns patterns in words, values fractions.
    """
    here, rows = "" if published is None else " here", []
    for wave in shares.index:
        rows.append((f"{wave}{here}", shares.loc[wave]))
        if published is not None:
            rows.append(("published", published.loc[wave]))
    names = [name for name, _ in rows]
    figure, axes = drawing.canvas(height=0.9 + 0.36 * len(rows))
    heights = [row + (0 if published is None else 0.4 * (row // 2)) for row in range(len(rows))]
    for height, (_, row) in zip(heights, rows, strict=True):
        _stacked_bar(axes, row, at=height)
    axes.set_yticks(heights, names)
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="share of children (%)")
    drawing.legend(figure, axes, columns=2)
    numbers = pd.DataFrame([row for _, row in rows], index=names)
    beside = "" if published is None else f" Published: {_sentence(published)}"
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Stacked bars per wave. {_sentence(shares)}{beside}",
        numbers=numbers.rename_axis("wave").reset_index(),
        **captions("fig-missing-pattern"),
    )


def _stacked_bar(axes: Axes, row: pd.Series, *, at: float) -> None:
    """One bar at height `at` of fractions that sum to 1; parts over 4 % get their number."""
    left = 0.0
    for colour, (label, share) in zip(PATTERN_COLOURS, row.items(), strict=False):
        first = label not in axes.get_legend_handles_labels()[1]
        axes.barh(
            at, share * 100, left=left, color=colour, edgecolor="white", lw=0.8,
            label=label if first else None,
        )  # fmt: skip
        if share > 0.04:
            dark = drawing.INK if colour in ON_LIGHT else "white"
            middle = left + share * 50
            axes.text(middle, at, f"{share * 100:.1f}", ha="center", va="center", color=dark)
        left += share * 100


def _sentence(shares: pd.DataFrame) -> str:
    """A table of fractions in words, for readers who cannot see the bars."""
    parts = [
        f"{wave}: " + ", ".join(f"{label} {percent(share, 1)}" for label, share in row.items())
        for wave, row in shares.iterrows()
    ]
    return "; ".join(parts) + "."


def answer(steps: pd.DataFrame, *, population: pd.DataFrame) -> str:
    """Children in the analysis, and the share of delivered rows that was dropped."""
    row, delivered = population.iloc[0], int(steps["before"].iloc[0])
    dropped = delivered - int(row["children"])
    return (
        f"**{row['children']:,} children** in {row['schools']:,} schools are in the analysis; "
        f"{dropped:,} of {delivered:,} delivered rows ({percent(dropped / delivered, 1)}) were "
        f"dropped. Source: {row['source']}."
    )
