"""What is shown of whether the sample stands for the children that the indicator is applied to."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from oablib.analysis.representativeness import Rules
from oablib.analysis.representativeness.shares import ALL
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import Labels
from oablib.report.published import Published, cited
from oablib.report.table import show
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


def both(sample: About, *, country: About) -> About:
    """Who an exhibit is about that has the cohort beside the children of the country."""
    text = _.later(
        "{sample}, beside {country}", sample=sample.population, country=country.population
    )
    source = _.later("{sample}; {country}", sample=sample.source, country=country.source)
    same = sample.drawn == country.drawn
    return About(text, source, sample.drawn if same else None, both=not same)


@in_languages
@drawing.styled
def sample_figure(frame: pd.DataFrame, *, wave: str, labels: Labels, about: About) -> Figure:
    """Shares in the last wave and in all waves, beside those of the population.

    frame: as representativeness.beside. wave: name of the variable of the waves, empty without.
    """
    names = list(dict.fromkeys(frame["variable"]))
    heights = [0.5 + 0.38 * frame[frame["variable"] == name]["code"].nunique() for name in names]
    figure, panels = drawing.panels(heights)
    for axes, name in zip(panels, names, strict=True):
        part = frame[frame["variable"] == name]
        _bars(axes, part, wave=wave, labels=labels)
        axes.set_title(labels.heading(name))
        axes.grid(axis="x")
    panels[-1].set_xlabel(_("share (%)"))
    drawing.legend(figure, panels[0])
    pairs = zip(frame["variable"], frame["code"], strict=True)
    numbers = frame.assign(
        code=[labels.category(name, code) for name, code in pairs],
        wave=[_sample(each, wave=wave, labels=labels) for each in frame["wave"]],
        variable=frame["variable"].map(labels.heading),
    )
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Bars of the sample, diamonds of the population. {values}.",
              values=_spoken(frame, labels=labels)),
        numbers=numbers,
        headings=_.words("columns"),
        **captions("fig-sample"),
    )  # fmt: skip


def _bars(axes: Axes, part: pd.DataFrame, *, wave: str, labels: Labels) -> None:
    """Bars of the last wave above those of all, diamonds of the population."""
    shown = list(dict.fromkeys(part["wave"]))[-2:]
    colours = dict(zip(shown[::-1], (drawing.PALE, drawing.OURS), strict=False))
    codes = list(dict.fromkeys(part["code"]))
    name, rows = str(part["variable"].iloc[0]), np.arange(len(codes))
    for index, each in enumerate(shown):
        chosen = part[part["wave"] == each].set_index("code").loc[codes]
        shift = 0.4 * index - 0.2 * (len(shown) - 1)
        label = _sample(each, wave=wave, labels=labels)
        axes.barh(rows + shift, 100 * chosen["share"], 0.38, color=colours[each], label=label)
    population = 100 * part[part["wave"] == shown[-1]].set_index("code").loc[codes, "population"]
    axes.plot(
        population, rows, ls="", marker=drawing.PUBLISHED.shape, ms=5, mfc="white",
        color=drawing.PUBLISHED.colour, label=_("pupils of the country"),
    )  # fmt: skip
    drawing.row_labels(axes, [labels.category(name, code) for code in codes])


def _sample(code: str, *, wave: str, labels: Labels) -> str:
    """A wave, or all of them, in words; wave: as in `sample_figure`."""
    if code == ALL:
        return _("all waves") if wave else _("all children")
    return labels.category(wave, float(code))


def _spoken(frame: pd.DataFrame, *, labels: Labels) -> str:
    rows = frame[frame["wave"] == ALL].dropna(subset=["share"])
    return "; ".join(
        _(
            "{variable} “{category}” {share:.1%}, population {population:.1%}",
            variable=labels.heading(row["variable"]),
            category=labels.category(row["variable"], row["code"]),
            share=row["share"],
            population=row["population"],
        )
        for row in rows.to_dict("records")
    )


@in_languages
def distances_table(frame: pd.DataFrame, *, wave: str, labels: Labels, about: About) -> Table:
    """Dissimilarity of each wave and of all; frame: as representativeness.distances."""
    pairs = zip(frame["variable"], frame["code"], strict=True)
    named = frame.assign(
        variable=frame["variable"].map(labels.heading),
        wave=[_sample(each, wave=wave, labels=labels) for each in frame["wave"]],
        category=[_category(name, code, labels=labels) for name, code in pairs],
    )
    columns = ["variable", "wave", "n", "dissimilarity", "by_chance", "category", "difference"]
    return show(named[columns], about=about, **captions("tbl-distances"))


def _category(name: str, code: float, *, labels: Labels) -> str:
    return "" if pd.isna(code) else labels.category(name, code)


@in_languages
def finding_sample(
    frame: pd.DataFrame,
    *,
    claims: pd.DataFrame,
    figures: Published,
    rules: Rules,
    wave: str,
    labels: Labels,
    about: About,
) -> str:
    """Whether the sample is distributed as the population, and whether the publication says so.

    frame: as representativeness.distances. claims: as representativeness.claims.
    """
    if frame.empty:
        return ""
    allowed = rules.largest_dissimilarity
    texts = []
    for each in list(dict.fromkeys(frame["wave"]))[-2:]:
        rows = frame[frame["wave"] == each]
        far = rows[rows["dissimilarity"] > allowed]
        words = {"sample": sentence(_sample(each, wave=wave, labels=labels)), "allowed": allowed}
        if far.empty:
            worst = rows.iloc[int(rows["dissimilarity"].argmax())]
            text = _(
                "{sample}: **close to the population** in all that is compared; at most "
                "{share:.1%} of the children would have to be of another category ({variable}), "
                "up to {allowed:.0%} counts as close.",
                share=worst["dissimilarity"], variable=labels(worst["variable"]), **words,
            )  # fmt: skip
        else:
            text = _(
                "{sample}: **not close to the population** in {variables}: more than "
                "{allowed:.0%} of the children would have to be of another category.",
                variables=_shares(far, labels=labels), **words,
            )  # fmt: skip
        texts.append(text)
    texts.append(_claims(claims, figures=figures, labels=labels))
    if about.drawn:
        texts.append(_("Both are synthetic here, so that differences are those put into them."))
    return " ".join(filter(None, texts))


def _shares(rows: pd.DataFrame, *, labels: Labels) -> str:
    return listed(
        _(
            "{variable} ({share:.1%}; by chance {chance:.1%})",
            variable=labels(row["variable"]),
            share=row["dissimilarity"],
            chance=row["by_chance"],
        )
        for row in rows.to_dict("records")
    )


def _claims(frame: pd.DataFrame, *, figures: Published, labels: Labels) -> str:
    """What the publication says of its sample, and what is so in all waves here."""
    if figures is None:
        return ""
    texts, source = [], cited(figures, part="representativeness")
    for row in frame[frame["wave"] == ALL].dropna().to_dict("records"):
        claim = figures["representativeness"][row["claim"]]
        by_key = {c.key: c.code for c in labels.columns[row["variable"]].categories}
        categories = [labels.category(row["variable"], by_key[key]) for key in claim["categories"]]
        texts.append(
            _(
                "{variable}, {categories}: {sample:.1%} of the sample, {population:.1%} of the "
                "population",
                variable=labels(row["variable"]), categories=listed(f"“{c}”" for c in categories),
                sample=row["sample"], population=row["population"],
            )
        )  # fmt: skip
    if not texts:
        return ""
    rows = frame[frame["wave"] == ALL].dropna()
    larger = rows["sample"] > rows["population"]
    agrees = int((larger == (rows["said"] == "larger")).sum())
    return _(
        "Of the categories, or groups of them, that the publication says are a larger or smaller "
        "part of its sample [{source}], {n} of {all} are so here as well: {texts}.",
        source=source, n=agrees, all=len(texts), texts="; ".join(texts),
    )  # fmt: skip
