"""What the report on the literature shows of the claims: their judgements and their sizes."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from oablib.protocol import literature_tables
from oablib.protocol.literature import Literature
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number, percent
from oablib.report.table import show
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

SOURCE = "params/rules/literature.yaml"
ENTRIES = About(_.later("all claims on file"), SOURCE)
EXPLAINED = "explained variance"
NO_BREAK = "\u00a0"  # a space at which no line is broken
ARROW = 1.2  # percentage points, of an arrow that a bound gets


@in_languages
def evidence_table(entries: Literature) -> Table:
    """Every claim, in groups by outcome."""
    frame = literature_tables.evidence(entries)
    columns = ["outcome", "cause", "direction", "size", "grounding", "sources"]
    shown = frame.assign(
        outcome=frame["outcome"].map(sentence),
        cause=frame["cause"].map(sentence),
        direction=frame["direction"].map(_.words("direction")),
        size=[_size(row) for _index, row in frame.iterrows()],
        grounding=frame["grounding"].map(grounding_words),
        sources=frame["sources"].map(_cited),
    )
    return show(shown[columns], about=ENTRIES, **captions("tbl-evidence"))


def _cited(sources: str) -> str:
    """Authors and years as the language in use abbreviates and joins names."""
    joined = _("and")
    return sources.replace(" & ", f" {joined} ").replace("et al.", _("et al."))


def _size(row: pd.Series) -> str:
    """A size with its measure; empty where the source gives none."""
    if not row["measure"]:
        return ""
    if row["measure"] == EXPLAINED:
        return _("{share} ({grade})", share=_share(row), grade=row["grade"])
    low, high = number(row["low"]), number(row["high"])
    return _("d = {low}", low=low) if low == high else _("d = {low} to {high}", low=low, high=high)


def _share(row: pd.Series) -> str:
    """A share of variance as the source gives it: exact, a range or a bound."""
    low, high = percent(row["low"]), percent(row["high"])
    if row["bound"] == "below":
        return _("less than {share}", share=high)
    if row["bound"] == "above":
        return _("over {share}", share=low)
    return low if low == high else _("{low} to {high}", low=low, high=high)


def _explained(entries: Literature) -> pd.DataFrame:
    """Claims with a share of explained variance, the largest first; cause with its grade."""
    frame = literature_tables.evidence(entries)
    part = frame[frame["measure"] == EXPLAINED].sort_values("high", ascending=False, kind="stable")
    pairs = zip(part["cause"], part["grade"], strict=True)
    return part.assign(
        cause=[_("{cause} ({grade})", cause=cause, grade=grade) for cause, grade in pairs],
        size=[_share(row) for _index, row in part.iterrows()],
        sources=part["sources"].map(_cited),
    )


@in_languages
@drawing.styled
def explained_variance_figure(entries: Literature) -> Figure:
    """Shares of explained variance; a bound is an arrow from it, not a point."""
    part = _explained(entries)
    figure, axes = drawing.canvas(height=0.8 + 0.32 * len(part))
    drawing.row_labels(axes, map(_row_label, part["cause"]))
    for height, (_index, row) in enumerate(part.iterrows()):
        _draw_size(axes, row, at=height)
    axes.xaxis.set_major_locator(MultipleLocator(5))
    axes.set(xlim=(0, 100 * float(part["high"].max()) + 5), xlabel=_("explained variance (%)"))
    axes.grid(axis="x")
    pairs = zip(part["cause"], part["size"], strict=True)
    spoken = "; ".join(_("{cause}: {size}", cause=cause, size=size) for cause, size in pairs)
    return drawing.exhibited(
        figure,
        about=ENTRIES,
        alt=_("Points, ranges and arrows. {spoken}.", spoken=spoken),
        numbers=part[["cause", "size", "sources"]],
        headings=_.words("columns"),
        **captions("fig-explained-variance"),
    )


def _row_label(cause: str) -> str:
    """A cause whose grade, in brackets, stays on one line."""
    name, _bracket, grade = sentence(cause).rpartition(" (")
    return f"{name} ({grade.replace(' ', NO_BREAK)}"


def _draw_size(axes: Axes, row: pd.Series, *, at: int) -> None:
    """A point, a range, or an arrow to the side on which the size is; its words beside it."""
    low, high = 100 * row["low"], 100 * row["high"]
    look = {"arrowstyle": "-|>", "color": drawing.OURS, "lw": 1.6, "shrinkA": 0, "shrinkB": 0}
    end = high
    if row["bound"] == "below":
        axes.annotate("", xy=(0, at), xytext=(high, at), arrowprops=look)
        axes.plot([high], [at], "|", color=drawing.OURS, ms=9, mew=1.6)
    elif row["bound"] == "above":
        end = low + ARROW
        axes.annotate("", xy=(end, at), xytext=(low, at), arrowprops=look)
        axes.plot([low], [at], "|", color=drawing.OURS, ms=9, mew=1.6)
    else:
        axes.plot([low, high], [at, at], "o-", color=drawing.OURS, ms=5, lw=2)
    axes.annotate(
        row["size"], (end, at), xytext=(8, 0), textcoords="offset points", va="center",
        size=drawing.SMALL,
    )  # fmt: skip


@in_languages
def sizes(entries: Literature) -> str:
    """How many claims give a size, and the largest share of explained variance."""
    text = _(
        "A size is given for {given:,} of {n:,} claims.",
        given=sum(claim.size is not None for claim in entries.claims),
        n=len(entries.claims),
    )
    part = _explained(entries)
    part = part[part["bound"] != "below"]
    if part.empty:
        return text
    causes = part.loc[part["high"] == part["high"].max(), "cause"]
    return f"{text} " + _(
        "The largest share of explained variance is {share:.0%}: {causes}.",
        share=part["high"].max(),
        causes=listed(causes),
    )


def grounding_words(grounding: str) -> str:
    """A judgement in words."""
    return _.words("grounding")[grounding]
