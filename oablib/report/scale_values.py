"""What the report on scale values shows: table, figure and answer."""

from collections.abc import Sequence

import pandas as pd
from scipy import stats

from oablib.protocol.models import Model
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import Labels
from oablib.report.planted import Drawn
from oablib.report.published import Published, cited
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

MISSES = 0.05  # of intervals of 95 % that exclude the true value by chance


@in_languages
def scale_values_table(frame: pd.DataFrame, *, outcome: str, labels: Labels, about: About) -> Table:
    """Scale values in groups by variable; intervals are left to the figure.

    The share of information that is missing is left out where no value was imputed.
    """
    shown = ["variable", "category", "n", "value", "se", "fmi", "published", "current"]
    if not frame.get("fmi", pd.Series(0.0)).any():
        shown.remove("fmi")
    rows = frame.assign(**named(frame, labels=labels))
    return show(
        rows[[name for name in shown if name in rows]],
        about=about,
        **captions("tbl-scale-values", outcome=labels(outcome)),
    )


def named(frame: pd.DataFrame, *, labels: Labels) -> dict[str, list[str]]:
    """Columns variable and category in words."""
    pairs = list(zip(frame["variable"], frame["code"], strict=True))
    return {
        "variable": [labels.heading(name) for name, _code in pairs],
        "category": [labels.category(name, code) for name, code in pairs],
    }


@in_languages
@drawing.styled
def ladder_figure(frame: pd.DataFrame, *, labels: Labels, outcome: str, about: About) -> Figure:
    """Scale values with 95 % intervals, and published ones where the frame has them.

    frame: variable, code, value, ci_lower, ci_upper and perhaps published, current; in points.
    """
    unit = _("points of the {outcome} against the reference category", outcome=labels(outcome))
    parts = {str(name): part for name, part in frame.groupby("variable", sort=False)}
    figure, panels = drawing.panels([0.65 + 0.33 * len(part) for part in parts.values()])
    spoken = []
    for axes, (name, part) in zip(panels, parts.items(), strict=True):
        rows = [labels.category(name, code) for code in part["code"]]
        drawing.intervals(axes, part, (drawing.HERE, drawing.PUBLISHED, drawing.CURRENT))
        drawing.row_labels(axes, rows)
        axes.set_title(labels.heading(name))
        spoken.append(f"{labels.heading(name)}: {drawing.in_words(part, rows)}")
    panels[-1].set_xlabel(unit)
    drawing.legend(figure, panels[0])
    shown = ["variable", "category", "n", "value", "ci_lower", "ci_upper", "published", "current"]
    numbers = frame.assign(**named(frame, labels=labels))
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots with intervals. {values}.", values=". ".join(spoken)),
        numbers=numbers[[name for name in shown if name in numbers]],
        headings=captions("tbl-scale-values", outcome="")["labels"],
        **captions("fig-ladder", unit=unit),
    )


@in_languages
def order_text(frame: pd.DataFrame, *, model: Model, labels: Labels) -> str:
    """Whether values rise with the level, and which variables enter with reversed orientation.

    Levels are the categories of imputed variables: these have an order in the codebook.
    """
    names = list(dict.fromkeys(frame["variable"]))
    levels = [name for name in names if name in model.imputed]
    reversed_ = [name for name in names if model.scaled[name] < 0]
    texts = []
    if levels:
        falls = pd.concat([_falls(frame[frame["variable"] == name]) for name in levels])
        texts.append(_order(falls, names=levels, labels=labels))
    if reversed_:
        text = _(
            "Of {variables} the orientation is reversed: a higher value means a lower score.",
            variables=listed(map(labels, reversed_)),
        )
        texts.append(text)
    return " ".join(texts)


def _falls(part: pd.DataFrame) -> pd.DataFrame:
    """Rows of one variable whose value is below that of the level before, with that row's."""
    before = part[["code", "value"]].shift().add_suffix("_before")
    rows = pd.concat([part, before], axis=1)
    if "published" in part:
        rows["published_falls"] = part["published"].diff() < 0
    return rows[part["value"].diff() < 0]


def _order(falls: pd.DataFrame, *, names: Sequence[str], labels: Labels) -> str:
    variables = listed(map(labels, names))
    if falls.empty:
        return _("Values rise with every level of {variables}.", variables=variables)
    steps = [
        _(
            "{variable} from “{before}” ({higher:.2f}) to “{after}” ({lower:.2f})",
            variable=labels(row["variable"]),
            before=labels.category(row["variable"], row["code_before"]),
            after=labels.category(row["variable"], row["code"]),
            higher=row["value_before"], lower=row["value"],
        )
        for row in falls.to_dict("records")
    ]  # fmt: skip
    text = _("Values do not rise with every level: they fall for {steps}.", steps="; ".join(steps))
    if "published_falls" not in falls:
        return text
    same = int(falls["published_falls"].sum())
    return f"{text} " + _(
        "Of these steps, {same} of {n} fall in the published values as well.",
        same=same, n=len(falls),
    )  # fmt: skip


def _missed(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Estimated values whose interval excludes the published value, and how many were compared."""
    compared = frame[(frame["se"] > 0) & frame["published"].notna()]
    inside = compared["published"].between(compared["ci_lower"], compared["ci_upper"])
    return compared[~inside], len(compared)


def _is_more_than_chance(missed: int, *, n: int) -> bool:
    """Whether so many of n intervals of 95 % are missed by chance in less than 5 % of all cases."""
    return missed > stats.binom.ppf(0.95, n, MISSES)


@in_languages
def published_text(frame: pd.DataFrame, *, figures: Published, labels: Labels) -> str:
    """How many intervals exclude the published value, and which; empty without published ones."""
    if figures is None:
        return ""
    source = cited(figures, part="scale_values")
    missed, n = _missed(frame)
    if missed.empty:
        return _(
            "All {n} intervals include the published value of the base model [{source}].",
            n=n, source=source,
        )  # fmt: skip
    names = [
        _(
            "{variable} “{category}” ({value:.2f}; published {published:.2f})",
            variable=labels(row["variable"]),
            category=labels.category(row["variable"], row["code"]),
            value=row["value"], published=row["published"],
        )
        for row in missed.to_dict("records")
    ]  # fmt: skip
    return _(
        "{count} of {n} intervals do not include the published value of the base model "
        "[{source}]: {values}.",
        count=len(missed), n=n, source=source, values=listed(names),
    )  # fmt: skip


@in_languages
def answer(frame: pd.DataFrame, *, outcome: str, drawn: Drawn | None, labels: Labels) -> str:
    """What scale values are, their span, whether they agree with published ones, and the limit.

    drawn: what was planted in the children; None where nothing was.
    """
    spans = frame.groupby("variable", sort=False)["value"].agg(["min", "max"])
    parts = [
        _("{variable} {least:.2f} to {most:.2f}", variable=labels(str(name)), least=a, most=b)
        for name, a, b in spans.itertuples()
    ]
    meaning = _(
        "Each category stands for the points of the {outcome} by which its children differ from "
        "those of the reference category, other background characteristics being equal: {spans}.",
        outcome=labels(outcome), spans="; ".join(parts),
    )  # fmt: skip
    agreement = _agreement(frame, drawn=drawn) if "published" in frame else ""
    return " ".join(part for part in (meaning, agreement, _limit(frame, labels=labels)) if part)


def _agreement(frame: pd.DataFrame, *, drawn: Drawn | None) -> str:
    missed, n = _missed(frame)
    counts = {"count": len(missed), "n": n, "expected": MISSES * n}
    if drawn is not None:
        if _is_more_than_chance(len(missed), n=n):
            return _(
                "**Planted values are not all recovered**: of {n} intervals of 95%, {count} do not "
                "include the published value that was planted in these synthetic children; "
                "{expected:.1f} are expected by chance.",
                **counts,
            )
        text = _(
            "**Planted values are recovered**: of {n} intervals of 95%, {count} do not include the "
            "published value that was planted in these synthetic children; {expected:.1f} are "
            "expected by chance. This tests the program, not the world.",
            **counts,
        )
        if not drawn.is_chosen:
            return text
        return f"{text} " + _(
            "The seed was chosen for nearness to the published figures; `05_base_model` has the "
            "spread over seeds."
        )
    if _is_more_than_chance(len(missed), n=n):
        return _(
            "**The values differ from the published ones**: of {n} intervals of 95%, {count} do "
            "not include the published value; {expected:.1f} are expected by chance.",
            **counts,
        )
    return _(
        "**The values agree with the published ones**: of {n} intervals of 95%, {count} do not "
        "include the published value; {expected:.1f} are expected by chance.",
        **counts,
    )


def _limit(frame: pd.DataFrame, *, labels: Labels) -> str:
    """The widest interval, and the number of children that it rests on."""
    free = frame[(frame["se"] > 0) & frame["n"].notna()]
    if free.empty:
        return ""
    row = free.loc[[(free["ci_upper"] - free["ci_lower"]).idxmax()]].iloc[0]
    return _(
        "The main limit is precision: {variable} “{category}”, with {n:,} children, has an "
        "interval from {lower:.2f} to {upper:.2f}.",
        variable=labels(row["variable"]), category=labels.category(row["variable"], row["code"]),
        n=int(row["n"]), lower=row["ci_lower"], upper=row["ci_upper"],
    )  # fmt: skip
