"""What the report on the intake shows: who is in the cohort, and what is unknown of them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from oablib.base.wording import percent, words
from oablib.intake import Delivery
from oablib.protocol.codebook import Table as CodebookTable
from oablib.protocol.roles import HasRoles
from oablib.report.drawing import canvas, exhibited, legend, sentence, stacked_bar, styled
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import IN_HEADINGS, Look, show

PARENTS = ("education_father", "education_mother")


def pattern_shares(pattern: pd.DataFrame, *, roles: HasRoles) -> pd.DataFrame:
    """Rows waves, columns joint patterns in words, values fractions of the wave's children."""
    names = [
        _pattern_words(row, roles=roles) for row in pattern[list(roles.imputed)].to_numpy().tolist()
    ]
    table = pattern.assign(pattern=names).pivot_table(
        index="wave", columns="pattern", values="share", aggfunc="sum"
    )
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


def answer(steps: pd.DataFrame, *, population: pd.DataFrame) -> str:
    """Children in the analysis, and the share of delivered rows that was dropped."""
    row, delivered = population.iloc[0], int(steps["before"].iloc[0])
    dropped = delivered - int(row["children"])
    return (
        f"**{row['children']:,} children** in {row['schools']:,} schools are in the analysis; "
        f"{dropped:,} of {delivered:,} delivered rows ({percent(dropped / delivered, 1)}) were "
        "dropped. "
        f"Source: {row['source']}."
    )


@styled
def missing_pattern_figure(
    shares: pd.DataFrame, *, published: pd.DataFrame | None, about: About
) -> Figure:
    """Bars per wave with the share of each joint pattern, published ones beside ours.

    shares, published: rows waves, columns patterns in words, values fractions.
    """
    rows = [(f"{wave}", shares.loc[wave]) for wave in shares.index]
    if published is not None:
        rows = [
            row
            for wave in shares.index
            for row in ((f"{wave} here", shares.loc[wave]), ("published", published.loc[wave]))
        ]
    figure, axes = canvas(height=0.9 + 0.36 * len(rows))
    places = [at + (0 if published is None else 0.4 * (at // 2)) for at in range(len(rows))]
    for place, (_, row) in zip(places, rows, strict=True):
        stacked_bar(axes, row, at=place)
    axes.set_yticks(places, [name for name, _ in rows])
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="share of children (%)")
    legend(figure, axes, columns=2)
    numbers = pd.DataFrame([row for _, row in rows], index=[name for name, _ in rows])
    beside = "" if published is None else f" Published: {sentence(published)}"
    return exhibited(
        figure,
        "missing-pattern",
        title="Which values are unknown together, per wave",
        unit="% of the children of a wave",
        about=about,
        alt=f"Stacked bars per wave. {sentence(shares)}{beside}",
        numbers=numbers.rename_axis("wave").reset_index(),
    )


def delivery_facts(delivery: Delivery) -> pd.DataFrame:
    """Facts of a delivered file as rows: fact, value."""
    facts = dataclasses.asdict(delivery)
    rows = {name: _as_text(value) for name, value in facts.items() if name != "source"}
    return pd.DataFrame({"fact": list(rows), "value": list(rows.values())})


def population(cohort: pd.DataFrame, *, roles: HasRoles, source: str) -> pd.DataFrame:
    """One row: children, schools, source."""
    schools = cohort[roles.cluster].nunique()
    return pd.DataFrame({"children": [len(cohort)], "schools": [schools], "source": [source]})


def waves(cohort: pd.DataFrame, *, roles: HasRoles) -> pd.DataFrame:
    """Children and schools per wave; one wave called "all" for a model without waves."""
    groups = cohort.groupby(roles.waves(cohort).astype(str))
    table = pd.DataFrame({"children": groups.size(), "schools": groups[roles.cluster].nunique()})
    return table.reset_index()


def describe(cohort: pd.DataFrame, *, roles: HasRoles, table: CodebookTable) -> pd.DataFrame:
    """Per variable: role, variable, meaning, unit, known (fraction), mean and sd of numbers."""
    last = [name for name in (roles.wave, *roles.auxiliary) if name]
    parts = {roles.outcome: "outcome", roles.mediator: "intelligence"}
    others = [each.key for each in table.columns if each.key in cohort and each.type != "id"]
    rows = []
    for name in dict.fromkeys((*parts, *(each for each in others if each not in last), *last)):
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


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def delivery_table(facts: pd.DataFrame, *, source: str) -> Table:
    """Facts of the delivered file."""
    about = About("one file", source)
    return show(facts, "delivery", title="The delivered file", unit=IN_HEADINGS, about=about)


def steps_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Rows before and after each step of the intake."""
    title = "Rows from delivery to analysis"
    return show(frame, "steps", title=title, unit="children, after each step", about=about)


def waves_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Children and schools per wave."""
    note = "A school counts once in every wave that it takes part in"
    title = "Children and schools per wave"
    return show(frame, "waves", title=title, unit=IN_HEADINGS, note=note, about=about)


def variables_table(frame: pd.DataFrame, *, about: About) -> Table:
    """What is known of each variable, in groups by role."""
    return show(
        frame,
        "variables",
        title="Variables of the cohort",
        unit=IN_HEADINGS,
        note="Mean and standard deviation of numbers, among known values",
        about=about,
        look=Look(shares=("known",), groups="role"),
    )
