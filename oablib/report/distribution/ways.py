"""Ways of distributing: their rules, their questions, and the weight of a child by its score."""

from collections.abc import Mapping, Sequence

import pandas as pd

from oablib.indicator.distribution import Rules, Variant
from oablib.indicator.distribution.weight_kinds import (
    Deciles,
    Former,
    Kind,
    Learned,
    Logistic,
    OwnWeight,
    Percentiles,
    Question,
    Ramp,
)
from oablib.protocol.codebook import Column
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import formatted, percent
from oablib.report.table import show
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

NO_CHILDREN = About(_.later("rules; no data on children"))
LOOKS = (
    (drawing.OURS, "-"), (drawing.INDIRECT, "--"), (drawing.GREEN, "-."), (drawing.PURPLE, ":"),
    (drawing.INK, "-"), (drawing.GREY, "--"), (drawing.OURS, ":"), (drawing.INDIRECT, "-."),
    (drawing.GREEN, ":"), (drawing.PURPLE, "--"),
)  # fmt: skip
ORDERED = ("education_father", "education_mother")


@in_languages
def ways_table(rules: Rules) -> Table:
    """The variants: which weight a child has, threshold, averaging, small sites."""
    rows = [
        {
            "variant": str(variant.words),
            "weight": _weight(variant.kind),
            "threshold": float(variant.threshold),
            "threshold_municipalities": float(variant.threshold_municipalities),
            "average": _.words("average")[variant.average],
            "small": float(variant.small) if variant.small else float("nan"),
        }
        for variant in rules.variants
    ]
    return show(pd.DataFrame(rows), about=NO_CHILDREN, **captions("tbl-ways"))


@in_languages
def ways_finding(rules: Rules, *, every: Rules) -> str:
    """How many variants there are, what they change, and which of every one cannot be computed."""
    others = [variant for variant in rules.variants if variant.choice != "law"]
    words = _.words("choices")
    choices = listed(words[choice] for choice in dict.fromkeys(v.choice for v in others))
    if others:
        text = _.plural(
            "Beside the law, {n:,} variant is computed; it differs from it in {choices}.",
            "Beside the law, {n:,} variants are computed; they differ from it in {choices}.",
            len(others), choices=choices,
        )  # fmt: skip
    else:
        text = _("Only the law is computed.")
    names = {variant.name for variant in rules.variants}
    absent = [label(variant) for variant in every.variants if variant.name not in names]
    if not absent:
        return text
    return f"{text} " + _(
        "Not computed, as the children lack a characteristic that it asks for: {names}.",
        names=listed(absent),
    )


@in_languages
def questions_table(
    questions: Mapping[str, tuple[Question, ...]], *, rules: Rules, table: CodebookTable
) -> Table:
    """What is asked of a child under variants by characteristics; table: describes the codes."""
    rows = [
        {
            "variant": str(variant.words),
            "question": _question(question, table=table),
            "weight": float(question.weight),
        }
        for variant in rules.variants
        for question in questions.get(variant.name, ())
    ]
    frame = pd.DataFrame(rows, columns=["variant", "question", "weight"])
    return show(frame, about=NO_CHILDREN, groups="variant", **captions("tbl-questions"))


@in_languages
@drawing.styled
def cliff_figure(frame: pd.DataFrame, *, rules: Rules, about: About) -> Figure:
    """Weight of a child by its distance below the mean; frame: as from by_distance."""
    names = {variant.name: str(variant.words) for variant in rules.variants}
    figure, axes = drawing.canvas(height=4.6)
    spoken = []
    for (name, part), (colour, line) in zip(
        frame.groupby("variant", sort=False), LOOKS * (len(names) // len(LOOKS) + 1), strict=False
    ):
        label = names[str(name)]
        axes.plot(part["distance"], part["weight"], line, color=colour, lw=1.5, label=label)
        first = part.loc[part["weight"] > 0, "distance"]
        last = float(part["weight"].iloc[-1])
        start = float(first.iloc[0]) if len(first) else float("nan")
        spoken.append(
            _("{name}: a weight from {start:.1f} points below the mean on, {last:.1f} at the end",
              name=label, start=start, last=last)
        )  # fmt: skip
    headings = {"variant": _("variant"), "distance": _("points below the national mean"),
                "weight": _("weight (mean weights)")}  # fmt: skip
    axes.set(xlabel=headings["distance"], ylabel=headings["weight"])
    axes.grid()
    drawing.legend(figure, axes, columns=3)
    shown = frame.round({"distance": 2, "weight": 2})
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("A line a variant. {values}.", values="; ".join(spoken)),
        numbers=shown.assign(variant=shown["variant"].map(names)),
        headings=headings,
        **captions("fig-cliff"),
    )


@in_languages
def cliff_finding(frame: pd.DataFrame, *, rules: Rules) -> str:
    """Under which variants one score more or less is a cliff; frame: as from jumps."""
    names = {variant.name: str(variant.words) for variant in rules.variants}
    smooth = frame[frame["jump"] < rules.jump]
    law = frame.loc[frame["variant"] == rules.law.name, "jump"]
    parts = []
    if len(law) and float(law.iloc[0]) >= rules.jump:
        parts.append(
            _("By the law a child just above the boundary has no weight, and one just below it "
              "{jump:.1f} mean weights.", jump=float(law.iloc[0]))
        )  # fmt: skip
    elif len(law):
        parts.append(
            _("By the law a weight changes by {jump:.1f} mean weights at most from one score to "
              "the next.", jump=float(law.iloc[0]))
        )  # fmt: skip
    if len(smooth):
        parts.append(
            _("No weight jumps by {least:.1f} mean weights or more under {names}.",
              least=rules.jump, names=listed(names[name] for name in smooth["variant"]))
        )  # fmt: skip
    else:
        parts.append(
            _("Under every variant shown, some weights jump by {least:.1f} mean weights or more.",
              least=rules.jump)
        )  # fmt: skip
    return " ".join(parts)


def _weight(kind: Kind) -> str:
    """Which weight a child has, in words."""
    match kind:
        case OwnWeight(share=share, distance=distance):
            to = _.words("distance")[distance]
            return _("lowest {share:.0%}: distance to the {to}", share=float(share), to=to)
        case Percentiles() | Deciles():
            steps = zip(kind.shares, kind.weights, strict=True)
            groups = [
                _("{share:.0%}: {weight}", share=float(s), weight=formatted(float(w), "g"))
                for s, w in steps
            ]
            return _("weight of a child up to {groups}", groups=listed(groups))
        case Ramp(full=full, none=none):
            return _(
                "distance to the mean, in full up to {full:.0%}, fading out at {none:.0%}",
                full=float(full), none=float(none),
            )  # fmt: skip
        case Logistic(share=share, width=width):
            return _(
                "distance to the mean, fading around {share:.0%} (width {width:.1f} points)",
                share=float(share), width=float(width),
            )  # fmt: skip
        case Learned(depth=depth):
            return _("learned from scores, at most {n:,} questions a child", n=depth)
        case Former(impulse=impulse, cap=cap):
            return _(
                "both parents' education; at most {cap:.0%} of the pupils; more in the "
                "{impulse:.0%} of areas with the lowest income",
                cap=float(cap), impulse=float(impulse),
            )  # fmt: skip
    return _("by questions, the first that is answered with yes")


def _question(question: Question, *, table: CodebookTable) -> str:
    """What is asked, with the labels of the codebook."""
    parts = []
    for name, codes in question.when.items():
        column = table.column(name)
        labels = [_run(run, column) for run in _runs(codes, column)]
        parts.append(_("{variable}: {labels}", variable=column.short, labels=" / ".join(labels)))
    return sentence("; ".join(parts))


def _runs(codes: Sequence[int], column: Column) -> list[list[int]]:
    """Codes in groups: where categories have an order, those that follow each other."""
    runs: list[list[int]] = []
    for code in sorted(codes):
        if column.key in ORDERED and runs and code == runs[-1][-1] + 1:
            runs[-1].append(code)
        else:
            runs.append([code])
    return runs


def _run(codes: Sequence[int], column: Column) -> str:
    first, last = (column.category(code).label for code in (codes[0], codes[-1]))
    return first if len(codes) == 1 else _("{first} to {last}", first=first, last=last)


def label(variant: Variant) -> str:
    """A variant's label within a sentence."""
    return _("*{name}*", name=str(variant.words))


def label_of(rules: Rules, name: str) -> str:
    """The same of the variant with a name."""
    return label(next(variant for variant in rules.variants if variant.name == name))


def choice(name: str) -> str:
    """What a variant changes against the law, within a sentence."""
    return str(_.words("choices")[name])


def share(value: float) -> str:
    """A share of the money as it is shown."""
    return percent(value, 1)
