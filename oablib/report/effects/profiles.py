"""Example children: a picture of what leads to disadvantage."""

import numpy as np
import pandas as pd

from oablib.analysis.effects import Rules
from oablib.report import drawing
from oablib.report.exhibit import About, Figure
from oablib.report.labels import Labels
from oablib.report.numbers import signed
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

COLOURS = (
    drawing.OURS, drawing.PALE, drawing.INDIRECT, drawing.GREEN, drawing.PURPLE, drawing.GREY,
    drawing.INK,
)  # fmt: skip
LABEL_WIDTH = 44  # characters of a line of an example child's name


@in_languages
@drawing.styled
def profiles_figure(
    frame: pd.DataFrame, *, rules: Rules, outcome: str, labels: Labels, about: About
) -> Figure:
    """What each characteristic adds to the score of each example child, stacked from 0.

    frame: profile, name, points.
    """
    names = list(dict.fromkeys(frame["name"]))
    wide = frame.pivot(index="profile", columns="name", values="points").fillna(0.0)[names]
    wide = wide.reindex(range(len(rules.profiles)), fill_value=0.0)
    figure, axes = drawing.canvas(height=1.3 + 0.55 * len(wide))
    ends = {1: np.zeros(len(wide)), -1: np.zeros(len(wide))}
    for index, name in enumerate(names):
        points = wide[name].to_numpy()
        for side, start in ends.items():
            part = np.where(np.sign(points) == side, points, 0.0)
            axes.barh(
                range(len(wide)), part, left=start, height=0.6, color=COLOURS[index % len(COLOURS)],
                label=labels.heading(name) if side > 0 else None,
            )  # fmt: skip
            ends[side] = start + part
    totals = wide.sum(axis=1)
    axes.plot(totals, range(len(wide)), "D", color=drawing.INK, mfc="white", ms=5, label=_("sum"))
    axes.axvline(0, color=drawing.GREY, lw=0.8)
    axes.use_sticky_edges = False  # room for the mark at the end of the longest bar
    axes.margins(x=0.05)
    axes.grid(axis="x")
    titles = [child.name for child in rules.profiles]
    drawing.row_labels(axes, titles, width=LABEL_WIDTH)
    axes.set_xlabel(_("points of the {outcome}", outcome=labels(outcome)))
    drawing.legend(figure, axes, columns=2)
    spoken = [f"{title}: {signed(total, 1)}" for title, total in zip(titles, totals, strict=True)]
    numbers = frame.assign(
        profile=[titles[number] for number in frame["profile"]],
        name=[labels.heading(name) for name in frame["name"]],
    )
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Stacked bars; sums: {sums}.", sums="; ".join(spoken)),
        numbers=numbers,
        headings=_.words("columns"),
        **captions("fig-profiles", outcome=labels(outcome)),
    )


@in_languages
def profiles_finding(
    frame: pd.DataFrame | None, *, rules: Rules, outcome: str, labels: Labels
) -> str:
    """Which example child comes out lowest, and what contributes most to that; or why none is."""
    if frame is None:
        return _("Not shown: an example child has a characteristic that the model lacks.")
    totals = frame.groupby("profile")["points"].sum().reindex(range(len(rules.profiles)))
    totals = totals.fillna(0.0)
    lowest, highest = int(totals.argmin()), int(totals.argmax())
    given = {
        "child": rules.profiles[lowest].name, "total": totals[lowest], "outcome": labels(outcome),
        "highest": rules.profiles[highest].name, "most": totals.max(),
    }  # fmt: skip
    if totals[lowest] >= 0:
        return _(
            "No example child lies below a child with all reference categories; the highest is "
            "“{highest}” ({most:+.1f} points of the {outcome}).",
            **given,
        )
    own = frame[frame["profile"] == lowest]
    part = own.iloc[int(own["points"].argmin())]
    return _(
        "Lowest of these is the child “{child}”: {total:+.1f} points of the {outcome} against one "
        "with all reference categories, of which {name} takes most ({points:+.1f}). Highest is "
        "“{highest}” ({most:+.1f}).",
        name=labels(part["name"]),
        points=part["points"],
        **given,
    )
