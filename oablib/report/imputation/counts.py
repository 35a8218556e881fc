"""What was unknown, and by which method it was imputed."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from oablib.protocol.models import Model
from oablib.report import numbers
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.table import ABSENT, show
from oablib.report.texts import listed, named, texts_beside
from oablib.report.translated import in_languages
from oablib.statistics import imputation
from oablib.statistics.imputation import Flag, Imputed, Rule
from oablib.statistics.imputation.cells import KEPT, OBSERVED

_ = texts_beside(__file__)
captions = _.captions

NO_ENGINE = "none"
FLAGS = {
    "constant": named("Left out of the predictors, because all children are alike: {names}."),
    "no_school_level": named(
        "The school level was left out, so that effects of school means will be overestimated."
    ),
    "one_school": named("All children are in one school: nothing can be learned about schools."),
    "few_schools": named(
        "The school level was left out: {schools} schools are too few to learn from; at least "
        "{needed} are needed."
    ),
    "unknown_schools": named(
        "{variable} is unknown for all children in {empty:,} of {schools:,} schools."
    ),
    "absent_levels": named(
        "{variable}: {absent:,} of {pairs:,} combinations of level and wave hold no known value."
    ),
}
"""Kind of flag -> what it says here. A chain that has not settled has a section of its own."""


def imputed_counts(frame: pd.DataFrame, *, model: Model, imputed: Imputed) -> pd.DataFrame:
    """Per imputed variable: known, imputed (children), share_unknown (fraction) and engine.

    Counted from the provenance of each cell; engine: which drew the imputed ones, "none" for none.
    """
    origin = imputation.provenance(frame, imputed=imputed, model=model)
    rows = []
    for name in model.imputed:
        known = origin[name] == OBSERVED
        engine = ", ".join(origin.loc[~known, name].unique()) or NO_ENGINE
        rows.append((name, int(known.sum()), int((~known).sum()), float((~known).mean()), engine))
    return pd.DataFrame(rows, columns=["variable", "known", "imputed", "share_unknown", "engine"])


def engine_words() -> Mapping[str, str]:
    """Engine -> the method in words."""
    return _.words("engines")


@in_languages
def imputed_counts_table(frame: pd.DataFrame, *, m: int, labels: Labels, about: About) -> Table:
    """Known and imputed values per variable; m is the number of completed data sets."""
    methods = {**engine_words(), NO_ENGINE: ABSENT}
    rows = frame.assign(
        variable=[labels.heading(name) for name in frame["variable"]],
        engine=frame["engine"].map(methods),
    )
    return show(rows, about=about, **captions("tbl-imputed-counts", m=m))


@in_languages
def settings_text(rule: Rule, *, counts: pd.DataFrame, labels: Labels) -> str:
    """Settings of the method that imputed each variable; counts: as imputed_counts."""
    names = counts.loc[counts["imputed"] != 0, "variable"]
    levels = [name for name in names if labels.columns[name].categories]
    numeric = [name for name in names if name not in levels]
    texts = [
        _(
            "Settings for {variables}: {settings} (`params/rules/imputation.yaml`).",
            variables=listed(map(labels, group)), settings="; ".join(_settings(settings)),
        )
        for group, settings in ((levels, rule.category), (numeric, rule.number))
        if group
    ]  # fmt: skip
    return " ".join(texts)


def _settings(settings: Mapping[str, Any]) -> list[str]:
    """Settings in words; those of a learner keep the names that it gives them."""
    known, engines = _.words("settings"), engine_words()
    flat = pd.json_normalize(dict(settings)).iloc[0]
    texts = []
    for name, value in flat.items():
        text = value if isinstance(value, str) else numbers.formatted(float(value), "g")
        words = known.get(str(name), str(name).rpartition(".")[2])
        texts.append(f"{words} {engines.get(text, text)}")
    return texts


@in_languages
def unknown_text(
    counts: pd.DataFrame, *, pattern: pd.DataFrame, labels: Labels, hidden: dict[str, Any]
) -> str:
    """Which variables are unknown together, and which are known for all children.

    counts: as imputed_counts. pattern: as imputation.pattern. hidden: arguments of
    imputation.hide, with an empty variable where nothing was hidden as a test.
    """
    unknown = counts[counts["imputed"] != 0]  # hidden ones (NaN) as well
    if unknown.empty:
        return _(
            "All values of {variables} are known.",
            variables=listed(map(labels, counts["variable"])),
        )
    parts = []
    if (complete := counts[counts["imputed"] == 0]["variable"]).size:
        parts.append(
            _("Known for all children: {variables}.", variables=listed(map(labels, complete)))
        )
    if len(unknown) > 1:
        rows = pattern[list(unknown["variable"])].all(axis=1)
        together = pattern.loc[rows, "n"].sum(skipna=False)
        text = _(
            "For {share:.1%} of the children none of these is known: {variables}.",
            share=float(together / pattern.drop_duplicates("wave")["children"].sum()),
            variables=listed(map(labels, unknown["variable"])),
        )
        parts += [] if pd.isna(together) else [text]
    if hidden["variable"]:
        text = _(
            "This run hides {share:.0%} of the known values of {variable} as a test; they count "
            "as unknown here.",
            share=hidden["share"], variable=labels(hidden["variable"]),
        )  # fmt: skip
        parts.append(text)
    return " ".join(parts)


def shares(unknown: pd.DataFrame, *, labels: Labels) -> str:
    """A sentence on the share of the children for whom each variable is unknown."""
    rows = zip(unknown["variable"], unknown["share_unknown"], strict=True)
    parts = [
        _("{variable} {share:.1%}", variable=labels(name), share=share)
        if pd.notna(share)
        else _("{variable} of a few", variable=labels(name))
        for name, share in rows
    ]
    return _("Unknown, as a share of the children: {shares}.", shares=listed(parts))


@in_languages
def outcome_text(counts: pd.DataFrame, *, outcome: str, unknown_outcome: str) -> str:
    """How many children have an imputed outcome, and whether analyses count them; empty for none.

    counts: as imputed_counts. unknown_outcome: as of imputation.analysed.
    """
    row = counts[(counts["variable"] == outcome) & (counts["imputed"] != 0)]
    if row.empty:
        return ""
    n = row["imputed"].iloc[0]  # NaN where too few were imputed to say so
    children = _("Some children") if pd.isna(n) else _("{n:,} children", n=int(n))
    if unknown_outcome == KEPT:
        return _(
            "{children} whose outcome was imputed are kept in the analyses, because leaving them "
            "out would bias scale values and effects on the mediator if the outcome is unknown "
            "more often at some values of the mediator.",
            children=children,
        )
    return _(
        "{children} whose outcome was imputed are left out of the analyses: their other values "
        "helped to impute those of the rest.",
        children=children,
    )


@in_languages
def warnings_list(flags: Sequence[Flag], *, labels: Labels) -> str:
    """What the imputation warns of, as a list."""
    lines = []
    for flag in (flag for flag in flags if flag.kind in FLAGS):
        values: dict[str, Any] = dict(flag.values)
        if "variable" in values:
            values["variable"] = labels.heading(values["variable"])
        if "names" in values:
            values["names"] = listed(map(labels, values["names"].split(", ")))
        lines.append(f"- {_(FLAGS[flag.kind], **values)}")
    return "\n".join(lines) or _("The imputation gives no warnings.")
