"""The idea behind the indicator: potential and background give achievement (figure 1.1.1)."""

import textwrap
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Text

from oablib.base.wording import inert
from oablib.protocol.models import Model
from oablib.report import drawing
from oablib.report.exhibit import About, Figure
from oablib.report.labels import Labels
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

POTENTIAL, BACKGROUND, ACHIEVEMENT = (0.2, 0.84), (0.2, 0.24), (0.82, 0.55)
LINE = 42  # characters of a line in a box


@in_languages
@drawing.styled
def concept_figure(model: Model, *, labels: Labels) -> Figure:
    """Boxes for potential, background and achievement, each with what measures it in this run.

    Blue: what the indicator counts. Model without a mediator: potential has no measure.
    """
    potential = labels.heading(model.mediator) if model.mediator else _("not measured")
    parts = (
        (_("Potential of the child"), potential),
        (_("Background"), sentence(listed(map(labels, model.direct)))),
        (_("Achievement at school"), labels.heading(model.outcome)),
    )
    figure, axes = drawing.canvas(height=3.0)
    at = (POTENTIAL, BACKGROUND, ACHIEVEMENT)
    boxes = [_box(axes, point, part) for point, part in zip(at, parts, strict=True)]
    for source, colour in ((0, drawing.GREY), (1, drawing.OURS)):
        _arrow(axes, boxes[source], boxes[2], colour=colour)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")
    named, achievement = parts[:2], parts[2]
    spoken = _(
        "{potential} ({measure}) and {background} ({characteristics}) each lead to {achievement} "
        "({outcome}).",
        potential=parts[0][0], measure=parts[0][1], background=parts[1][0],
        characteristics=parts[1][1], achievement=achievement[0], outcome=achievement[1],
    )  # fmt: skip
    rows = [(*part, *achievement) for part in named]
    origin = _.later("Walhout & Scholtus (2021), figure 1.1.1; the model of this run")
    return drawing.exhibited(
        figure,
        about=About(_.later("no children: a model"), origin),
        alt=_("Three boxes, and arrows from two of them to the third.") + " " + spoken,
        numbers=pd.DataFrame(rows, columns=["from", "from_measure", "to", "to_measure"]),
        headings=_.words("columns"),
        **captions("fig-concept"),
    )


def _box(axes: Axes, at: tuple[float, float], part: Sequence[str]) -> Text:
    """A notion, and under it what measures it."""
    name, measure = part
    text = f"{name}\n" + textwrap.fill(inert(measure), LINE)
    box = {"boxstyle": "round,pad=0.6", "fc": "white", "ec": drawing.INK, "lw": 1.0}
    return axes.text(*at, text, ha="center", va="center", bbox=box, linespacing=1.35)


def _arrow(axes: Axes, source: Text, target: Text, *, colour: str) -> None:
    style = {"arrowstyle": "-|>,head_width=0.3,head_length=0.6", "color": colour, "lw": 2.0}
    patches = {"patchA": source.get_bbox_patch(), "patchB": target.get_bbox_patch()}
    axes.annotate("", target.get_position(), source.get_position(), arrowprops={**style, **patches})


@in_languages
def concept_finding(model: Model, *, labels: Labels) -> str:
    """What of the idea the model of this run holds, and what the indicator takes from it."""
    count = {"n": len(model.direct), "outcome": labels(model.outcome)}
    if not model.mediator:
        return _(
            "The model of this run has {n} background characteristics and no measure of potential: "
            "their effects on the {outcome} include what goes through potential.",
            **count,
        )
    return _(
        "The model of this run has {n} background characteristics. The {mediator} stands for "
        "potential: the indicator uses what background does to the {outcome} of children with an "
        "equal {mediator}.",
        mediator=labels(model.mediator), **count,
    )  # fmt: skip
