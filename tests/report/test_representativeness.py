"""What is said of the sample beside the population, in each case and in both languages."""

from dataclasses import replace

import pandas as pd
import pytest

from oablib import params
from oablib.analysis import representativeness
from oablib.analysis.representativeness import WeightedEffects
from oablib.base import language
from oablib.protocol import codebook, models
from oablib.report import labels
from oablib.report import representativeness as report
from oablib.report import weighted_effects as of_weights
from oablib.report.exhibit import About

RULES = representativeness.rules()
FIGURES = params.published("herijking2021")
LABELS = labels.labels(codebook.load().table("cohort"), [models.load("base")])
DRAWN, DELIVERED = About("pupils", "made up", True), About("pupils", "register", False)
ORIGIN = {"variable": "origin", "n": 1000.0, "by_chance": 0.01, "code": 8.0, "difference": 0.02}
EFFECTS = pd.DataFrame({"name": ["origin"], "change": [0.3], "p": [0.4]})
SMALL = WeightedEffects(
    effects=EFFECTS, margins=("origin",), largest=1.5, design_effect=1.25, absent=()
)


def distances(*dissimilarities: float) -> pd.DataFrame:
    waves = ["2007", "2013", "all"][-len(dissimilarities) :]
    pairs = zip(waves, dissimilarities, strict=True)
    return pd.DataFrame([ORIGIN | {"wave": w, "dissimilarity": d} for w, d in pairs])


def found(frame: pd.DataFrame, *, claims: pd.DataFrame | None = None, about: About = DRAWN) -> str:
    columns = ["claim", "variable", "wave", "said", "sample", "population"]
    claims = pd.DataFrame(columns=columns) if claims is None else claims
    words = {"figures": FIGURES, "rules": RULES, "wave": "wave", "labels": LABELS}
    return str(report.finding_sample(frame, claims=claims, about=about, **words))


def test_the_last_wave_and_all_are_judged_apart() -> None:
    text = found(distances(0.2, 0.02, 0.07))
    assert "School year 2013/14: **close to the population**" in text and "2.0%" in text
    assert "All waves: **not close to the population** in origin (7.0%; by chance 1.0%)" in text
    assert "2007" not in text


def test_only_drawn_children_are_said_to_be_synthetic() -> None:
    assert "synthetic" in found(distances(0.02))
    assert "synthetic" not in found(distances(0.02), about=DELIVERED)


@pytest.mark.parametrize(("sample", "count"), [(0.15, "1"), (0.05, "0")])
def test_what_was_published_is_confirmed_or_not(sample: float, count: str) -> None:
    claim = {"claim": 1, "variable": "origin", "wave": "all", "said": "larger", "sample": sample}
    text = found(distances(0.02), claims=pd.DataFrame([claim | {"population": 0.1}]))
    assert f", {count} of 1 are so here" in text
    assert f"{sample:.1%} of the sample, 10.0% of the population" in text
    assert "“Turkey” and “North Africa”" in text


def test_effects_that_stay_and_effects_that_move() -> None:
    words = {"rules": RULES, "labels": LABELS}
    text = str(of_weights.finding_weighted(SMALL, **words))
    assert "**Weights change no effect notably**" in text and "20% of the children" in text
    large = replace(SMALL, effects=EFFECTS.assign(change=-1.4))
    assert "**Weights change the effect of origin" in str(
        of_weights.finding_weighted(large, **words)
    )
    sure = replace(SMALL, effects=EFFECTS.assign(p=0.01))
    text = str(of_weights.finding_weighted(sure, **words))
    assert "no effect notably**" in text and "By little, but more than chance" in text
    assert "p by Holm 0.010" in text and "No difference is more" not in text
    assert "changes" not in of_weights.verdict(distances(0.01), weighted=sure, rules=RULES)
    absent = replace(SMALL, absent=(("origin", 5),))
    assert "No child of the sample has “East Asia”" in str(
        of_weights.finding_weighted(absent, **words)
    )


def test_the_verdict_has_three_forms_in_both_languages() -> None:
    far, near = distances(0.2), distances(0.01)
    moved = replace(SMALL, effects=EFFECTS.assign(change=2.0))
    cases = [(far, SMALL), (near, SMALL), (near, moved)]
    english = [of_weights.verdict(d, weighted=w, rules=RULES) for d, w in cases]
    with language.use("nl"):
        dutch = [of_weights.verdict(d, weighted=w, rules=RULES) for d, w in cases]
    assert "is not distributed" in english[0] and "much as these" in english[1]
    assert "changes 1 effect notably" in english[2]
    assert len({*english, *dutch}) == 6


def compared() -> pd.DataFrame:
    shares = {"share": [0.75] + [0.0] * 6 + [0.25], "population": [0.8] + [0.0] * 6 + [0.2]}
    frame = pd.DataFrame({"code": range(1, 9), "n": 200.0, "n_population": 9000} | shares)
    both = [frame.assign(wave=wave, variable="origin") for wave in ("2007", "2013", "all")]
    whole = pd.concat(both, ignore_index=True)
    return whole.assign(difference=whole["share"] - whole["population"])


def test_the_figure_has_the_last_wave_and_all_beside_the_population() -> None:
    words = {"wave": "wave", "labels": LABELS, "about": DRAWN}
    figure = report.sample_figure(compared(), **words)
    assert "origin" in figure.alt.lower() and "75.0%, population 80.0%" in figure.alt
    assert len(figure.numbers) == 24 and figure.svg
    table = report.distances_table(distances(0.1, 0.02), **words)
    assert [row[0] for _, part in table.groups for row in part] == [
        "School year 2013/14", "all waves",
    ]  # fmt: skip


def test_an_exhibit_of_two_kinds_of_data_says_so() -> None:
    same = report.both(DRAWN, country=About("country", "made up too", True))
    assert same.drawn and "pupils, beside country" in str(same)
    mixed = report.both(DRAWN, country=DELIVERED)
    assert mixed.both and mixed.drawn is None


def test_the_table_of_effects_has_a_row_for_each_predictor() -> None:
    columns = "unweighted se_unweighted weighted se_weighted difference se_difference".split()
    effects = EFFECTS.assign(**dict.fromkeys(columns, 0.1))
    found = replace(SMALL, effects=effects)
    table = of_weights.weighted_effects_table(
        found, model=models.load("base"), labels=LABELS, about=DRAWN
    )
    assert [row[0] for _, part in table.groups for row in part] == ["Origin"]
