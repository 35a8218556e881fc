"""What the page on disclosure says: what is withheld, by which rules, and how it was attacked."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from oablib.report.exhibit import About, Table
from oablib.report.labels import source_of_rule
from oablib.report.numbers import formatted, number, percent
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

SHARES = ("largest_part", "largest_category")


@in_languages
def rules_table(frame: pd.DataFrame, *, profile: str) -> Table:
    """The rules in force; frame: as from disclosure.entries. profile: the one that was used."""
    named = frame[~frame["rule"].isin({"strict", "by_law"} - {profile})]
    rows = [
        (label, value, source_of_rule(str(source)))
        for key, found, source in named[["rule", "value", "source"]].itertuples(index=False)
        for label, value in _lines(str(key), found)
    ]
    about = About(_.later("every report"), "params/rules/disclosure.yaml")
    shown = pd.DataFrame(rows, columns=["rule", "value", "source"])
    return show(shown, about=about, **captions("tbl-rules"))


def _lines(key: str, value: Any) -> list[tuple[str, str]]:
    """Label and value of a rule, a line for each of its parts."""
    if not is_dataclass(value):
        return [(_.words("rules")[key], _value(key, value))]
    parts: Mapping[str, Any] = {part.name: getattr(value, part.name) for part in fields(value)}
    found = []
    for name, part in parts.items():
        if is_dataclass(part):
            steps = _(
                "{coarse:g} below {below:,} pupils, else {fine:g}",
                **{each.name: getattr(part, each.name) for each in fields(part)},
            )
            found.append((_.words(key)[name], steps))
        else:
            found.append((_.words(key)[name], _value(name, part)))
    return found


def _value(key: str, value: Any) -> str:
    return percent(float(value)) if key in SHARES else formatted(float(value), "g")


@in_languages
def withheld_table(frame: pd.DataFrame, *, about: About) -> Table:
    """What is withheld of places; frame: as from of_places.withheld."""
    shown = frame.assign(what=frame["what"].map(_.words("withheld")))
    return show(shown, about=about, **captions("tbl-withheld"))


@in_languages
def attack_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How the scores of places were attacked; frame: as from of_places.measures."""
    shown = frame.assign(measure=frame["measure"].map(_.words("attack")))
    return show(shown, about=about, **captions("tbl-attack"))


@in_languages
def profile_finding(*, profile: str, reason: str) -> str:
    """Which profile is used, and the written reason for one that is not strict."""
    if profile == "strict":
        return _("This report follows the strict profile; there are no exceptions.")
    return _(
        "This report makes an exception: it follows the profile `{profile}`, from which more "
        "follows about children. The reason that was given: {reason}",
        profile=profile, reason=reason,
    )  # fmt: skip


@in_languages
def answer(
    withheld: pd.DataFrame | None, attack: pd.DataFrame | None, *, profile: str, fewest: int
) -> str:
    """What is withheld, and whether the attack held; None for a run without a country.

    fewest: units behind every number.
    """
    cells = _(
        "No table or figure has a number of fewer than {n} children, parents or schools, nor one "
        "from which such a number follows within the same table.",
        n=fewest,
    )  # fmt: skip
    if withheld is None or attack is None:
        return cells + " " + _("This run has no scores of schools or municipalities.")
    rows = withheld.set_index("what")[["rows", "of"]]
    hidden, sites = map(int, rows.loc["sites"])
    towns, every = map(int, rows.loc["municipalities"])
    places = _(
        "Scores of {hidden:,} of {sites:,} school sites and of {towns:,} of {every:,} "
        "municipalities are not shown; the others are shown in steps, and as 0 below the "
        "threshold (drempel).",
        sites=sites, hidden=hidden, towns=towns, every=every,
    )  # fmt: skip
    return " ".join([cells, places, _attacked(attack, profile=profile, fewest=fewest)])


def _attacked(attack: pd.DataFrame, *, profile: str, fewest: int) -> str:
    values = attack.set_index("measure")["value"]
    found, programmes = int(values["found"]), number(values["programmes"], 0)
    if not found:
        least = values["fewest_values"]
        text = _(
            "**An attack on these scores, with {programmes} linear and integer programmes, found "
            "neither the score of a child nor a number of fewer than {fewest} children.**",
            programmes=programmes, fewest=fewest,
        )  # fmt: skip
        if not np.isfinite(least):
            return text
        more = _(
            "Where fewer than {fewest} children of a place are in the target group, at least "
            "{least:,} values of their number stay possible.",
            fewest=fewest, least=int(least),
        )  # fmt: skip
        return f"{text} {more}"
    return _.plural(
        "**An attack on these scores, with {programmes} linear and integer programmes, found too "
        "much about {n:,} place**, which the profile `{profile}` accepts.",
        "**An attack on these scores, with {programmes} linear and integer programmes, found too "
        "much about {n:,} places**, which the profile `{profile}` accepts.",
        n=found, programmes=programmes, profile=profile,
    )  # fmt: skip
