"""Ways of distributing beside the law: what moves, how concentrated it is, who gains, turnover."""

import numpy as np
import pandas as pd

from oablib.indicator.distribution import Rules
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report import drawing
from oablib.report.distribution.ways import choice, label_of, share
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import urbanity
from oablib.report.numbers import euros, percent
from oablib.report.table import show
from oablib.report.texts import sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

SAME = 0.001  # of the money, below which nothing is said to move


@in_languages
@drawing.styled
def moved_figure(
    schools: pd.DataFrame, municipalities: pd.DataFrame, *, rules: Rules, about: About
) -> Figure:
    """Share of the money that other places get than by the law, the largest first.

    schools, municipalities: as from of_places.beside_law.
    """
    frame = by_choice(schools, municipalities)
    names = [_name(rules, name) for name in frame["variant"]]
    figure, (left, right) = drawing.beside(2, height=1.2 + 0.34 * len(names))
    for axes, column, title in (
        (left, "schools", _("Schools")), (right, "municipalities", _("Municipalities")),
    ):  # fmt: skip
        axes.barh(np.arange(len(names)), frame[column], color=drawing.OURS, height=0.6)
        axes.set(title=title, xlabel=_("share of the money"))
        axes.xaxis.set_major_formatter(lambda value, _position: percent(value))
        axes.grid(axis="x")
        drawing.row_labels(axes, names)
    spoken = [
        _("{name}: schools {schools:.1%}, municipalities {towns:.1%}",
          name=name, schools=row.schools, towns=row.municipalities)
        for name, row in zip(names, frame.itertuples(index=False), strict=True)
    ]  # fmt: skip
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Bars a variant. {values}.", values="; ".join(spoken)),
        numbers=frame.assign(variant=names, choice=[choice(name) for name in frame["choice"]]),
        headings={"variant": _("variant"), "choice": _("what it changes"), "schools": _("schools"),
                  "municipalities": _("municipalities")},
        **captions("fig-moved"),
    )  # fmt: skip


def by_choice(schools: pd.DataFrame, municipalities: pd.DataFrame) -> pd.DataFrame:
    """variant, choice, and the share that moves at either level, but for the law itself."""
    columns = ["variant", "choice", "moved_share"]
    towns = municipalities[["variant", "moved_share"]]
    both = schools[columns].merge(towns, on="variant", suffixes=("", "_towns"), validate="1:1")
    both = both[both["choice"] != "law"].sort_values("moved_share", ascending=False, kind="stable")
    return both.rename(columns={"moved_share": "schools", "moved_share_towns": "municipalities"})


@in_languages
def moved_finding(schools: pd.DataFrame, *, rules: Rules) -> str:
    """Which way moves most and least money between schools, and the largest of each choice."""
    others = schools[schools["choice"] != "law"]
    if others.empty or others["moved_share"].max() < SAME:
        return _("No variant gives other schools money than the law does.")
    most, least = (
        others.nlargest(1, "moved_share").iloc[0],
        others.nsmallest(1, "moved_share").iloc[0],
    )
    if most["variant"] == least["variant"]:
        return _(
            "{most} moves {share} of the money between schools.",
            most=sentence(label_of(rules, most["variant"])), share=share(most["moved_share"]),
        )  # fmt: skip
    return _(
        "Most money moves between schools under {most}, {euro} or {share} of it; least under "
        "{least}, {little}.",
        most=label_of(rules, most["variant"]), euro=euros(most["moved"]),
        share=share(most["moved_share"]),
        least=label_of(rules, least["variant"]), little=share(least["moved_share"]),
    )  # fmt: skip


@in_languages
def side_table(
    schools: pd.DataFrame, municipalities: pd.DataFrame, *, rules: Rules, about: About
) -> Table:
    """Sites with money, concentration and what moves; frames: as from of_places.beside_law."""
    columns = ["variant", "paid", "gini", "top", "moved", "moved_share"]
    towns = municipalities[["variant", "paid", "moved_share"]]
    frame = schools[columns].merge(towns, on="variant", suffixes=("", "_towns"), validate="1:1")
    frame["moved"] = frame["moved"] / 10**6
    named = frame.assign(variant=[_name(rules, name) for name in frame["variant"]])
    return show(named, about=about, **captions("tbl-side"))


@in_languages
def concentration_finding(schools: pd.DataFrame, *, rules: Rules) -> str:
    """Where money is most and least concentrated, beside the law."""
    law = schools[schools["choice"] == "law"].iloc[0]
    high, low = schools.nlargest(1, "gini").iloc[0], schools.nsmallest(1, "gini").iloc[0]
    if high["gini"] - low["gini"] < SAME:
        return _("Money is as concentrated under every variant.")
    if law["variant"] == high["variant"]:
        first = _("Money is most concentrated by the law (Gini {law:.2f}).", law=law["gini"])
    else:
        first = _(
            "Money is most concentrated under {high} (Gini {most:.2f}; by the law {law:.2f}).",
            high=label_of(rules, high["variant"]), most=high["gini"], law=law["gini"],
        )  # fmt: skip
    if law["variant"] == low["variant"]:
        return f"{first} " + _("It is most even by the law.")
    second = _(
        "It is most even under {low} (Gini {least:.2f}): the tenth of the pupils whose sites get "
        "most then have {top:.0%} of the money, by the law {top_law:.0%}.",
        low=label_of(rules, low["variant"]), least=low["gini"], top=low["top"], top_law=law["top"],
    )  # fmt: skip
    return f"{first} {second}"


@in_languages
def sizes_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Change of the money of sites by size against the law, a row a variant.

    frame: as from of_places.distribution_groups. Headings have the euro a pupil by the law.
    """
    shown, headings = _by_group(frame, rules=rules)
    given = captions("tbl-sizes")
    return show(shown, about=about, labels=given.pop("labels") | headings, **given)


@in_languages
def urbanity_table(
    frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, about: About
) -> Table:
    """The same by the urbanity of the municipality that a site is in; table: of the codebook."""
    shown, headings = _by_group(frame, table=table, rules=rules)
    given = captions("tbl-urbanity")
    return show(shown, about=about, labels=given.pop("labels") | headings, **given)


def _by_group(
    frame: pd.DataFrame, *, rules: Rules, table: CodebookTable | None = None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """A column a group, and their headings; table: where groups are of urbanity."""
    groups = list(dict.fromkeys(frame["group"]))
    law = frame[frame["variant"] == rules.law.name].set_index("group")
    wide = frame.pivot(index="variant", columns="group", values="change")
    wide = wide.reindex([v.name for v in rules.variants if v.choice != "law"])[groups]
    columns = [f"group_{number}" for number in range(1, len(groups) + 1)]
    shown = wide.set_axis(columns, axis=1).reset_index()
    shown["variant"] = [_name(rules, name) for name in shown["variant"]]
    headings = {
        column: _heading(_group(groups, group, table=table), law.loc[group, "per_child"])
        for column, group in zip(columns, groups, strict=True)
    }
    return shown, headings


@in_languages
def groups_finding(frame: pd.DataFrame, *, rules: Rules, table: CodebookTable | None = None) -> str:
    """Which group of sites gains or loses most against the law, and under which way.

    Groups are of size, or of urbanity where the codebook's table is given.
    """
    groups = list(dict.fromkeys(frame["group"]))
    there = frame.dropna(subset=["change"])
    if there.empty or there["change"].abs().max() < SAME:
        return _("No group of sites gains or loses against the law.")
    up, down = there.nlargest(1, "change").iloc[0], there.nsmallest(1, "change").iloc[0]
    parts = []
    for row, gains in ((up, True), (down, False)):
        if (row["change"] > 0) != gains or not row["change"]:
            continue
        given = {
            "group": _group(groups, row["group"], table=table),
            "way": label_of(rules, row["variant"]),
            "change": abs(row["change"]),
        }
        parts.append(
            _("Most is gained by {group}, under {way}: {change:.0%} more than by the law.", **given)
            if gains
            else _("Most is lost by {group}, under {way}: {change:.0%} less.", **given)
        )
    return " ".join(parts)


@in_languages
def turnover_table(
    schools: pd.DataFrame, municipalities: pd.DataFrame, *, rules: Rules, about: About
) -> Table:
    """What moves from one reference date to the next; frames: as from of_places.beside_law."""
    columns = ["variant", "turnover", "enter", "leave"]
    towns = municipalities[["variant", "turnover"]]
    frame = schools[columns].merge(towns, on="variant", suffixes=("", "_towns"), validate="1:1")
    frame = frame.sort_values("turnover", kind="stable", ignore_index=True)
    named = frame.assign(variant=[_name(rules, name) for name in frame["variant"]])
    return show(named, about=about, **captions("tbl-turnover"))


@in_languages
def turnover_finding(schools: pd.DataFrame, *, rules: Rules) -> str:
    """How much moves from year to year by the law, and whether another way is steadier."""
    law = schools[schools["choice"] == "law"].iloc[0]
    least = schools.nsmallest(1, "turnover").iloc[0]
    most = schools.nlargest(1, "turnover").iloc[0]
    first = _(
        "By the law {law} of the money goes to other schools than a year before.",
        law=share(law["turnover"]),
    )
    if law["turnover"] - least["turnover"] < SAME:
        second = _("No variant is steadier.")
    else:
        second = _(
            "The steadiest is {least}, {little}.",
            least=label_of(rules, least["variant"]), little=share(least["turnover"]),
        )  # fmt: skip
    if most["turnover"] - law["turnover"] < SAME:
        return f"{first} {second} " + _("None is less steady than the law.")
    third = _("The least steady is {most}, {much}.",
              most=label_of(rules, most["variant"]), much=share(most["turnover"]))  # fmt: skip
    return f"{first} {second} {third}"


def _name(rules: Rules, name: str) -> str:
    return next(str(variant.words) for variant in rules.variants if variant.name == name)


def _group(groups: list[int], group: int, *, table: CodebookTable | None) -> str:
    """A group of sites within a sentence."""
    if table is not None:
        return _("sites in municipalities that are {urbanity}", urbanity=urbanity(table, group))
    number = groups.index(group)
    if number == 0:
        return _("sites under {n:,} pupils", n=groups[1])
    if number == len(groups) - 1:
        return _("sites with {n:,} pupils or more", n=group)
    return _("sites of {n:,} to {m:,} pupils", n=group, m=groups[number + 1] - 1)


def _heading(group: str, per_child: float) -> str:
    """A group as a heading, with the euro a pupil by the law where it is shown."""
    name = sentence(group)
    if np.isnan(per_child):
        return name
    return _("{name} ({euro} a pupil by the law)", name=name, euro=euros(per_child))
