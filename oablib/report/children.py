"""What the report on the children of the country shows: tables, figures and its answer."""

import datetime
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.texts import sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

PARENTS = {"father": drawing.OURS, "mother": drawing.INDIRECT}
LOWEST = 2  # levels, that are called low
ROW = 40  # characters of a label beside a figure, before it is broken


@in_languages
def turnover_table(
    frame: pd.DataFrame, *, before: datetime.date, now: datetime.date, about: About
) -> Table:
    """Children who came, stayed and left; before, now: reference dates."""
    words = {
        "before": _("children on {date}", date=before),
        "now": _("children on {date}", date=now),
        **_.words("turnover"),
    }
    return show(
        frame.assign(what=frame["what"].map(words)), about=about, **captions("tbl-turnover")
    )


@in_languages
def sites_sentence(frame: pd.DataFrame, *, about: About) -> str:
    """How the counts of school sites belong together, and what was published."""
    sites = frame.set_index("what")["sites"]
    values = {name: int(sites[name]) for name in sites.index}
    text = _(
        "The files list {listed:,} school sites, {empty:,} of them without pupils on the reference "
        "date. The law leaves out {excluded:,} of the other {with_pupils:,}, so that {counted:,} "
        "get an achterstandsscore. Tables of schools have {rows:,} rows: these, and the sites "
        "without pupils.",
        rows=values["counted"] + values["empty"],
        **values,
    )
    if "published" not in frame:
        return text
    published = int(frame["published"].sum())
    if published == values["with_pupils"]:
        more = _("The publication has as many sites with pupils, {n:,}.", n=published)
    elif published == values["counted"]:
        more = _("The publication has as many sites that count, {n:,}.", n=published)
    else:
        more = _("For the whole country {n:,} sites are published.", n=published)
    return " ".join(filter(None, (text, more, _by_construction(about))))


def _by_construction(about: About) -> str:
    """What agreement with published numbers is worth in a country that was drawn."""
    return _("The country was drawn with the published numbers.") if about.drawn else ""


@in_languages
def registered_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Children and parents who are absent from the population register."""
    return show(
        frame.assign(absent=frame["absent"].map(_.words("absent"))),
        about=about,
        **captions("tbl-registered"),
    )


@in_languages
@drawing.styled
def known_figure(frame: pd.DataFrame, *, labels: Labels, about: About) -> Figure:
    """Share of parents whose education is known by year of enrolment, published ones beside."""
    figure, axes = drawing.canvas(height=3.2)
    hollow: dict[str, Any] = {"color": drawing.INK, "mfc": "none", "ms": 6}
    spoken = []
    for parent, colour in PARENTS.items():
        part, name = frame[frame["parent"] == parent], labels(f"education_{parent}")
        axes.plot(part["years"], 100 * part["known"], "o-", color=colour, ms=4, label=name)
        printed = part.dropna(subset=["published"])
        axes.plot(printed["years"], 100 * printed["published"], "D", ls="", **hollow)
        spoken.append(
            _(
                "{name}: {first:.0%} of toddlers, {last:.0%} in year {year}",
                name=name,
                first=part["known"].iloc[0],
                last=part["known"].iloc[-1],
                year=int(part["years"].iloc[-1]),
            )
        )
    if frame["published"].notna().any():
        axes.plot([], [], "D", ls="", **hollow, label=_("published"))
    axes.set(xlabel=_("year of school (0: toddlers)"), ylabel=_("known (%)"), ylim=(0, 100))
    axes.grid(axis="y")
    drawing.legend(figure, axes)
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Two lines. {values}.", values=sentence("; ".join(spoken))),
        numbers=_with_parents(frame, labels=labels),
        headings=_headings(),
        **captions("fig-known"),
    )


@in_languages
def known_sentence(frame: pd.DataFrame, *, about: About) -> str:
    """Whether parents of younger children are better known; how near published shares are."""
    shown = frame.groupby("years")["known"].transform("count") == len(PARENTS)
    frame = frame[shown]
    if frame.empty:
        return ""
    first, last = (
        frame[frame["years"] == year].set_index("parent")["known"]
        for year in (frame["years"].min(), frame["years"].max())
    )
    values = {
        "fathers": first["father"], "fathers_last": last["father"],
        "mothers": first["mother"], "mothers_last": last["mother"],
    }  # fmt: skip
    if (first > last).all():
        text = _(
            "Parents' education is known more often for younger children: from toddlers to the "
            "oldest pupils the share falls from {fathers:.0%} to {fathers_last:.0%} for fathers "
            "and from {mothers:.0%} to {mothers_last:.0%} for mothers.",
            **values,
        )
    else:
        text = _(
            "Parents' education is not known more often for younger children: among toddlers the "
            "share is "
            "{fathers:.0%} for fathers and {mothers:.0%} for mothers, among the oldest pupils "
            "{fathers_last:.0%} and {mothers_last:.0%}.",
            **values,
        )
    printed = frame.dropna(subset=["published"])
    if printed.empty:
        return text
    gap = (printed["known"] - printed["published"]).abs().max()
    return " ".join(
        (
            text,
            _(
                "The largest difference from a published share is {gap:.1f} percentage points.",
                gap=100 * gap,
            ),
            _by_construction(about),
        )
    ).strip()


@in_languages
@drawing.styled
def levels_figure(frame: pd.DataFrame, *, labels: Labels, about: About) -> Figure:
    """Shares of levels where education is known, and where it is imputed."""
    variables = list(dict.fromkeys(frame["variable"]))
    figure, panels = drawing.panels(
        [0.5 + 0.38 * (frame["variable"] == name).sum() for name in variables]
    )
    known, imputed = _("known"), _("imputed")
    for axes, name in zip(panels, variables, strict=True):
        part = frame[frame["variable"] == name]
        rows = np.arange(len(part))
        axes.barh(rows - 0.2, 100 * part["known"], 0.38, color=drawing.OURS, label=known)
        axes.barh(rows + 0.2, 100 * part["drawn"], 0.38, color=drawing.PALE, label=imputed)
        drawing.row_labels(axes, [labels.category(name, code) for code in part["code"]])
        broken = [textwrap.fill(labels.category(name, code), ROW) for code in part["code"]]
        axes.set_yticks(rows, broken)
        axes.set_title(labels.heading(name))
        axes.grid(axis="x")
    panels[-1].set_xlabel(_("share (%)"))
    drawing.legend(figure, panels[0])
    categories = [
        labels.category(name, code)
        for name, code in zip(frame["variable"], frame["code"], strict=True)
    ]
    numbers = frame.assign(variable=frame["variable"].map(labels.heading), code=categories)
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Pairs of bars by level. {values}", values=levels_sentence(frame, labels=labels)),
        numbers=numbers,
        headings=_headings(),
        **captions("fig-levels"),
    )


@in_languages
def levels_sentence(frame: pd.DataFrame, *, labels: Labels) -> str:
    """Whether low levels are more frequent where education is imputed."""
    texts = []
    for name, part in frame.groupby("variable", sort=False):
        lowest = part.sort_values("code").head(LOWEST)[["known", "drawn"]].sum(skipna=False)
        if lowest.isna().any():
            continue
        values = {
            "variable": labels.heading(str(name)),
            "known": lowest["known"],
            "imputed": lowest["drawn"],
        }
        if lowest["drawn"] > lowest["known"]:
            texts.append(
                _(
                    "{variable}: the two lowest levels are more frequent where imputed "
                    "({imputed:.0%}) than where known ({known:.0%}).",
                    **values,
                )
            )
        else:
            texts.append(
                _(
                    "{variable}: the two lowest levels are not more frequent where imputed "
                    "({imputed:.0%}) than where known ({known:.0%}).",
                    **values,
                )
            )
    return " ".join(texts)


@in_languages
def answer(country: pd.DataFrame, registered: pd.DataFrame, known: pd.DataFrame) -> str:
    """The number of children, and what registers do not know of them."""
    row = country.iloc[0]
    absent = 1 - registered.loc[registered["absent"] == "nobody", "share"].iloc[0]
    known = known.dropna(subset=["known"])
    weighted = known["known"] * known["children"]
    shares = {
        parent: 1 - weighted[part].sum() / known.loc[part, "children"].sum()
        for parent, part in ((p, known["parent"] == p) for p in PARENTS)
    }
    texts = [
        _(
            "On {date} the country has **{children:,} children**: {pupils:,} pupils at {sites:,} "
            "school sites and {toddlers:,} toddlers. In registers the education of "
            "**{fathers:.0%} of fathers** and **{mothers:.0%} of mothers** is unknown; it is "
            "multiply imputed for children whose score can be computed.",
            date=datetime.date.fromisoformat(row["reference_date"]),
            children=int(row["children"]),
            pupils=int(row["pupils"]),
            sites=int(row["sites"]),
            toddlers=int(row["toddlers"]),
            fathers=shares["father"],
            mothers=shares["mother"],
        )
    ]
    if pd.notna(absent):
        texts.append(
            _(
                "For **{absent:.1%} of children** no score can be computed, because the child or a "
                "parent is not in the population register.",
                absent=absent,
            )
        )
    texts.append(
        _(
            "Main limit: education is assumed to be missing at random given the registers, which "
            "lack the tests that make this more plausible in the cohort."
        )
    )
    return " ".join(texts)


def _with_parents(frame: pd.DataFrame, *, labels: Labels) -> pd.DataFrame:
    variables = [labels.heading(f"education_{name}") for name in frame["parent"]]
    return frame.assign(parent=variables).rename(columns={"parent": "variable"})


def _headings() -> Mapping[str, str]:
    """Column -> heading, as a reader finds it in a file."""
    headings: Mapping[str, str] = captions("tbl-turnover")["labels"]
    return headings
