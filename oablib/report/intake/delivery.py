"""What the report on the intake shows: the delivered file, and the children of the cohort."""

import dataclasses
import re

import pandas as pd

from oablib.base.origin import Origin
from oablib.intake import Delivery
from oablib.protocol.codebook import Table as CodebookTable
from oablib.protocol.roles import HasRoles
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.numbers import number
from oablib.report.table import show
from oablib.report.texts import listed, named, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

DELIVERED = "delivered"  # name of the first step, in which nothing is dropped
SKIPPED_MARK = named("the file starts with a UTF-8 byte order mark, which was skipped")
READABLE = re.compile(r"other users of this machine may read (?P<file>.+); chmod 600 .*")


@in_languages
def delivery_table(delivery: Delivery, *, steps: pd.DataFrame, origin: Origin) -> Table:
    """Facts of the delivered file; without its rows where the steps of the intake hide them."""
    facts = dataclasses.asdict(delivery) | {"notes": tuple(map(_note, delivery.notes))}
    words = dict(_.words("facts"))
    if steps["before"].isna().iloc[0]:
        words.pop("rows")
    rows = [(words[name], _as_text(facts[name])) for name in words]
    about = About(_("the delivered file"), origin.source, origin.drawn)
    return show(
        pd.DataFrame(rows, columns=["fact", "value"]), about=about, **captions("tbl-delivery")
    )


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or _("none")
    return number(value, 0) if isinstance(value, int) else str(value)


def _note(note: str) -> str:
    """A note of the intake in the language in use."""
    if note == SKIPPED_MARK:
        return _(SKIPPED_MARK)
    readable = READABLE.fullmatch(note)
    if readable is None:
        return note
    return _("other users of this machine may read {file}", file=readable["file"])


def population(cohort: pd.DataFrame, *, roles: HasRoles, origin: Origin) -> pd.DataFrame:
    """One row: children, schools, and the columns of the origin."""
    schools = cohort[roles.cluster].nunique()
    return pd.DataFrame([{"children": len(cohort), "schools": schools, **origin.columns()}])


@in_languages
def steps_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """Rows before and after each step of the intake."""
    steps = [
        _("rows in the delivered file") if step == DELIVERED else _unknown(step, labels=labels)
        for step in frame["step"]
    ]
    rows = frame.assign(step=steps).drop(columns="reason")
    return show(rows, about=about, **captions("tbl-steps"))


def _unknown(name: str, *, labels: Labels) -> str:
    return _("{variable} unknown", variable=labels(name))


def waves(cohort: pd.DataFrame, *, roles: HasRoles) -> pd.DataFrame:
    """Children and schools per wave; one wave called "all" for a model without waves."""
    wave = roles.waves(cohort)
    groups = cohort.groupby(wave)
    table = pd.DataFrame({"children": groups.size(), "schools": groups[roles.cluster].nunique()})
    return table.rename_axis("wave").reset_index()


@in_languages
def waves_table(frame: pd.DataFrame, *, roles: HasRoles, labels: Labels, about: About) -> Table:
    """Children and schools per wave."""
    named_waves = [labels.category(roles.wave, wave) for wave in frame["wave"]]
    return show(frame.assign(wave=named_waves), about=about, **captions("tbl-waves"))


@in_languages
def no_waves() -> str:
    """What stands in the place of the waves of a model that has none."""
    return _("The model has no waves: all children form one group.")


@in_languages
def schools_in_waves(cohort: pd.DataFrame, *, roles: HasRoles) -> str:
    """How many schools take part in several waves; empty for a model without waves."""
    if not roles.wave:
        return ""
    counts = cohort.groupby(roles.cluster)[roles.wave].nunique()
    several = int((counts > 1).sum())
    if not several:
        return _("No school takes part in more than one wave.")
    return _.plural(
        "Of {all:,} schools {n:,} takes part in more than one wave.",
        "Of {all:,} schools {n:,} take part in more than one wave.",
        n=several,
        all=len(counts),
    )


def describe(cohort: pd.DataFrame, *, roles: HasRoles, table: CodebookTable) -> pd.DataFrame:
    """Per variable: role, variable, meaning, unit, known (fraction), mean and sd of numbers."""
    last = [name for name in (roles.wave, *roles.auxiliary) if name]
    parts = {roles.outcome: "outcome", roles.mediator: "intelligence"}
    keys = [c.key for c in table.columns if c.key in cohort and c.type != "id"]
    rows = []
    for name in dict.fromkeys((*parts, *(key for key in keys if key not in last), *last)):
        column, values = table.column(name), cohort[name]
        numbers = values.astype(float) if column.is_numeric else pd.Series(dtype=float)
        rows.append(
            {
                "role": parts.get(name, "auxiliary" if name in last else "background"),
                "variable": name,
                "meaning": column.label_en,
                "unit": column.unit or f"{len(column.categories)} categories",
                "known": float(values.notna().mean()),
                "mean": numbers.mean(),
                "sd": numbers.std(),
            }
        )
    return pd.DataFrame(rows)


@in_languages
def variables_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """Known values of each variable, in groups by role."""
    rows = frame.assign(
        role=frame["role"].map(_.words("roles")),
        variable=frame["variable"].map(labels.heading),
        unit=[_unit(name, labels=labels) for name in frame["variable"]],
    )
    return show(rows.drop(columns="meaning"), about=about, **captions("tbl-variables"))


def _unit(name: str, *, labels: Labels) -> str:
    categories = len(labels.columns[name].categories)
    return _("{n:,} categories", n=categories) if categories else labels.unit(name)


@in_languages
def known(frame: pd.DataFrame, *, labels: Labels) -> str:
    """Which variables are not known of all children."""
    some = frame[frame["known"] != 1]  # hidden ones (NaN) as well
    if some.empty:
        return _("All {n:,} variables are known for all children.", n=len(frame))
    pairs = zip(some["variable"], 1 - some["known"], strict=True)
    parts = [
        _("{variable} ({share:.1%})", variable=labels(name), share=share)
        if pd.notna(share)
        else _("{variable} (few)", variable=labels(name))
        for name, share in pairs
    ]
    return _(
        "Of {n:,} variables {complete:,} are known for all children. Partly unknown: {parts}.",
        n=len(frame),
        complete=len(frame) - len(some),
        parts=listed(parts),
    )


@in_languages
def answer(
    steps: pd.DataFrame, *, population: pd.DataFrame, waves: pd.DataFrame, labels: Labels,
    about: About,
) -> str:  # fmt: skip
    """Children in the analysis, rows that were dropped and why, and where the data come from."""
    row, delivered = population.iloc[0], steps["before"].iloc[0]
    dropped = delivered - int(row["children"])  # NaN where too few were dropped to say so
    texts = [
        _(
            "**{children:,} children in {schools:,} schools** are in the analysis.",
            children=int(row["children"]),
            schools=int(row["schools"]),
        )
    ]
    if len(waves) > 1:
        counts = listed(number(count, 0) for count in waves["children"])
        texts.append(
            _("They come from {n:,} waves, with {counts} children.", n=len(waves), counts=counts)
        )
    if dropped > 0:
        texts.append(_dropped(steps, int(delivered), int(dropped), labels=labels))
    elif pd.isna(dropped):
        texts.append(_("A few of the delivered rows were dropped."))
    else:
        texts.append(_("None of the {n:,} delivered rows was dropped.", n=int(delivered)))
    texts += [
        _("Source: {source}; {kind}.", source=about.source, kind=about.data),
        _("Whether these children represent all children of their years is not tested here."),
    ]
    return " ".join(texts)


def _dropped(steps: pd.DataFrame, delivered: int, dropped: int, *, labels: Labels) -> str:
    """How many rows were dropped and why; numbers of reasons that are hidden are left out."""
    some = steps[steps["dropped"] != 0]
    reasons = [
        _("{n:,} without {variable}", n=int(n), variable=labels(step))
        if pd.notna(n)
        else _("some without {variable}", variable=labels(step))
        for step, n in some[["step", "dropped"]].to_numpy()
        if step != DELIVERED
    ]
    return _(
        "Of {delivered:,} delivered rows {dropped:,} ({share:.1%}) were dropped: {reasons}.",
        delivered=delivered,
        dropped=dropped,
        share=dropped / delivered,
        reasons=listed(reasons),
    )
