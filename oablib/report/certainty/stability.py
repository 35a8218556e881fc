"""How stable scores of schools are over seeds, donors, draws and years."""

import numpy as np
import pandas as pd

from oablib.indicator.certainty.settings import Rules
from oablib.indicator.certainty.stability import CELLS, DONORS, DRAWS, LATE, NO_CELLS, SEED, YEAR
from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

CHOICES = (SEED, DONORS, CELLS, DRAWS)
"""Variants that are choices, or chance, within one year."""


@in_languages
def stability_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Scores of sites in each variant beside those of the run; frame: as from beside_variants."""
    names = [variant(str(what), str(value)) for what, value in frame[["what", "value"]].to_numpy()]
    shown = frame.drop(columns=["what", "value"])
    shown.insert(0, "variant", names)
    # Sites across 0 are not counted there: it follows from a variance.
    late = np.flatnonzero(frame["what"] == LATE).tolist()
    return show(
        shown, about=about, not_given_rows=late, **captions("tbl-stability", seeds=rules.seeds)
    )


def variant(what: str, value: str) -> str:
    """A variant in words."""
    if what == CELLS:
        names = [_.words("cells")[name] for name in value.split(", ")]
        return (
            _("donors from the whole country")
            if value == NO_CELLS
            else _("donors alike in {names}", names=listed(names))
        )
    texts = {
        SEED: lambda: _("another seed"),
        DONORS: lambda: (
            _("the nearest donor")
            if value == "1"
            else _("one of the {value} nearest donors", value=value)
        ),
        DRAWS: lambda: _.plural(
            "{n} draw against another", "{n} draws against {n} others", n=int(value)
        ),
        LATE: lambda: _.plural(
            "{n} draw against another, averaged per school",
            "{n} draws against {n} others, averaged per school",
            n=int(value),
        ),
        YEAR: lambda: _("the year before"),
    }
    return str(texts[what]())


@in_languages
def stability_finding(frame: pd.DataFrame, *, rules: Rules) -> str:
    """How much chance and choices move, what more draws would bring, and whether scores last.

    frame: as from beside_variants, without counts of few.
    """
    rows = frame.dropna(subset=["moved"])
    within = rows[rows["what"].isin(CHOICES)]
    if within.empty:
        return _("No school has a score that could move.")
    parts = [_lot(within), _of_draws(rows), _year(rows, within, rules=rules)]
    return " ".join(part for part in parts if part)


def _lot(within: pd.DataFrame) -> str:
    top = within.iloc[int(within["moved"].argmax())]
    if top["what"] == SEED:
        most = _("Nothing else that was varied within the year moves more.")
    else:
        most = _(
            "Of what was varied within the year most is moved by {name} ({moved:.1%}).",
            name=variant(str(top["what"]), str(top["value"])), moved=top["moved"],
        )  # fmt: skip
    return f"{another_seed(within)} {most}".strip()


def another_seed(frame: pd.DataFrame) -> str:
    """What chance alone moves; empty where nothing can; frame: as from beside_variants."""
    rows = frame[frame["what"] == SEED].dropna(subset=["moved"])
    if rows.empty:
        return ""
    seed = rows.iloc[0]
    text = _(
        "Another seed alone moves {moved:.1%} of all points between schools", moved=seed["moved"]
    )
    if seed["crossing"] > 0:
        text += " " + _(
            "and takes about {n:,} of {all:,} sites across 0",
            n=round(seed["crossing"]), all=round(seed["sites"]),
        )  # fmt: skip
    return f"{text}."


def _of_draws(rows: pd.DataFrame) -> str:
    """What more draws of education would bring."""
    late = rows[rows["what"] == LATE]
    if len(late) < 2:
        return ""
    first, last = late.iloc[0], late.iloc[-1]
    return _(
        "Averaged per school, two sets of {few} draws of education differ by {apart:.1%} of the "
        "points, two sets of {many} by {near:.1%}.",
        few=first["value"], many=last["value"], apart=first["moved"], near=last["moved"],
    )  # fmt: skip


def _year(rows: pd.DataFrame, within: pd.DataFrame, *, rules: Rules) -> str:
    """Whether scores last from one year to the next."""
    years = rows[rows["what"] == YEAR]
    if years.empty:
        return ""
    year = years.iloc[0]
    given = {"moved": year["moved"], "rank": year["rank"]}
    text = (
        _("Compared with the year before {moved:.1%} move, more than by any of these.", **given)
        if year["moved"] > within["moved"].max()
        else _("Compared with the year before {moved:.1%} move, no more than by the largest of "
               "these.", **given)
    )  # fmt: skip
    if np.isnan(year["rank"]):
        return text
    return text + " " + (
        _("The order of schools lasts: ranks of both years correlate {rank:.3f}.", **given)
        if year["rank"] >= rules.lasting
        else _("The order of schools does not last: ranks of both years correlate {rank:.3f}.",
               **given)
    )  # fmt: skip
