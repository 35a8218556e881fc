"""What the page on the scores says, in each of its cases and in both languages."""

from dataclasses import replace

import country_files
import pandas as pd
import pytest

from oablib.analysis import representativeness
from oablib.analysis.representativeness import WeightedEffects
from oablib.base import language
from oablib.indicator.pupil_scores import Indicator
from oablib.report import pupil_scores as report

GIVEN = country_files.indicator("indicator_2021")
ESTIMATED = replace(GIVEN, origins=dict.fromkeys(GIVEN.effects, "estimated"))
SOURCES = pd.DataFrame(
    {
        "provenance": ["direct", "education", "matched", "asylum"],
        "share": [0.4, 0.526, 0.066, 0.008],
    }
)
DISTANCES = pd.DataFrame({"wave": ["all"], "dissimilarity": [0.02]})
WEIGHTED = WeightedEffects(
    effects=pd.DataFrame({"name": ["origin"], "change": [0.3], "p": [0.4]}),
    margins=("origin",), largest=1.5, design_effect=1.02, absent=(),
)  # fmt: skip
AGREEMENT = pd.DataFrame([{"indicator": "beside", "same": 0.913, "correlation": 0.987}])


def answered(new: Indicator, beside: Indicator | None, *, many: int = 4) -> str:
    schools = pd.DataFrame({"lower": [0.0, 0.4], "schools": [312 - many, many]})
    found = {"schools": schools, "agreement": AGREEMENT, "share": 0.15}
    found |= {"distances": DISTANCES, "weighted": WEIGHTED, "rules": representativeness.rules()}
    ends = {"boundary": -1.0, "mean": 2.5}
    return str(report.answer(SOURCES, new=new, beside=beside, **found, **ends))


def test_the_answer_names_the_applied_indicator_and_the_other() -> None:
    text = answered(GIVEN, ESTIMATED)
    assert "applies the **indicator of 2021**, as published" in text
    assert "91.3% are also among the lowest 15% by the indicator estimated in this run" in text
    text = answered(ESTIMATED, GIVEN)
    assert "applies the **indicator estimated in this run**, not a published one" in text
    assert "lowest 15% by the indicator of 2021" in text
    assert "also among" not in answered(ESTIMATED, None)


def test_the_answer_counts_sources_boundary_and_schools() -> None:
    text = answered(GIVEN, None)
    for part in ("**92.6% of scores**", "6.6% are imputed", "0.8%", "**3.5 points**"):
        assert part in text
    assert "At 4 of 312 school sites more than 40%" in text
    assert "At none of 312 school sites" in answered(GIVEN, None, many=0)


def test_the_answer_is_the_same_in_dutch() -> None:
    with language.use("nl"):
        text = answered(GIVEN, ESTIMATED)
        other = answered(ESTIMATED, None, many=0)
    assert "Toegepast is de **indicator van 2021**, zoals gepubliceerd." in text
    assert "**92,6% van de scores**" in text
    assert "91,3% ook volgens de hier geschatte indicator" in text
    assert "niet een gepubliceerde" in other and "Op geen van de 312" in other


@pytest.mark.parametrize(
    ("times", "en", "nl"),
    [
        (
            [1, 57],
            "used 57 times or more give 5.0%",
            "57 keer of vaker worden gebruikt, geven 5,0%",
        ),
        ([1], "Every donor is used once.", "Elke donor is één keer gebruikt."),
        ([], "No score is imputed", "geen scores geïmputeerd"),
    ],
)
def test_the_use_of_donors_is_said(times: list[int], en: str, nl: str) -> None:
    frame = pd.DataFrame({"times": times, "donors": 2, "share": 0.05}).astype({"times": int})
    frame["children"] = frame["times"] * frame["donors"]
    assert en in report.reuse_sentence(frame)
    with language.use("nl"):
        assert nl in report.reuse_sentence(frame)
