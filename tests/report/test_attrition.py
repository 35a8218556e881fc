"""What is said of dropped children and of origin by wave, in each case."""

import pandas as pd
import pytest

from oablib import params
from oablib.analysis import representativeness
from oablib.base import language
from oablib.protocol import codebook, models, roles
from oablib.report import intake as report
from oablib.report import labels
from oablib.report.exhibit import About

TABLE = codebook.load().table("cohort")
LABELS = labels.labels(TABLE, [models.load("base")])
FIGURES = params.published("herijking2021")
DRAWN, DELIVERED = About("children", "made up", True), About("children", "register", False)
RULES = representativeness.rules()
SHOWN = {"wave": "wave", "labels": LABELS}


def lost(*, standardised: float, p: float) -> pd.DataFrame:
    row = {"step": "cito", "variable": "sex", "code": 2, "n_kept": 900, "n_dropped": 40}
    shares = {"kept": 0.5, "dropped": 0.7, "standardised": standardised, "p": p}
    return pd.DataFrame([row | shares])


@pytest.mark.parametrize(("standardised", "p"), [(0.4, 0.2), (0.05, 0.001)])
def test_a_difference_is_said_where_it_is_large_and_sure(standardised: float, p: float) -> None:
    said = {"rules": RULES, "labels": LABELS}
    stays = str(report.finding_attrition(lost(standardised=standardised, p=p), **said))
    assert "The 40 children without Cito score **do not differ**" in stays
    differs = str(report.finding_attrition(lost(standardised=0.4, p=0.001), **said))
    assert "**differ** from those who stay: sex “Girl” 70.0% against 50.0%" in differs
    with language.use("nl"):
        dutch = str(report.finding_attrition(lost(standardised=0.4, p=0.001), **said))
    assert "geslacht “Meisje” 70,0% tegen 50,0%" in dutch


def cohort(*, of_origin: int) -> pd.DataFrame:
    return pd.DataFrame({"wave": [2013] * 100, "origin": [1] * 80 + [of_origin] * 20})


def origins(frame: pd.DataFrame, *, figures: dict | None = FIGURES) -> pd.DataFrame:
    return report.origins(frame, roles=roles.load("base"), table=TABLE, figures=figures)


def test_origin_stands_beside_the_published_shares_of_its_wave() -> None:
    found = origins(cohort(of_origin=8))
    assert found["wave"].unique().tolist() == ["2013"] and len(found) == 8
    assert found["share"].tolist() == [0.8, 0, 0, 0, 0, 0, 0, 0.2]
    assert found["published"].iloc[-1] == pytest.approx(0.053)
    text = str(report.finding_background(found, figures=FIGURES, about=DRAWN, **SHOWN))
    assert "origin “Turkey” (School year 2013/14), 20.0% here and 5.3% published" in text
    assert "of 8 shares" in text and "synthetic" in text
    text = str(report.finding_background(found, figures=FIGURES, about=DELIVERED, **SHOWN))
    assert "synthetic" not in text
    assert report.background_figure(found, about=DRAWN, **SHOWN).svg


def test_nothing_is_said_without_published_figures() -> None:
    found = origins(cohort(of_origin=8), figures=None)
    assert found.empty
    assert str(report.finding_background(found, figures=None, about=DRAWN, **SHOWN)) == ""


def test_shares_as_published_differ_by_no_more_than_chance() -> None:
    found = origins(cohort(of_origin=8))
    same = found.assign(share=found["published"])
    text = str(report.finding_background(same, figures=FIGURES, about=DELIVERED, **SHOWN))
    assert "No share differs by more than two standard errors" in text
