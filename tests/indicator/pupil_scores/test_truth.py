"""True scores of a drawn country: added up by hand from what is true of each child."""

from pathlib import Path

import country_files
import numpy as np
import pandas as pd
import pytest

from oablib import pupil_scores, synthetic
from oablib.base.errors import InputError
from oablib.indicator.pupil_scores import Children, Provenance
from oablib.indicator.pupil_scores.children import keys_of
from oablib.protocol import codebook

YEAR = 2020
# Sums of seven products of two-decimal numbers, against the same sums in another order.
SUM_ATOL = 1e-9


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("country")
    return synthetic.deliver_country(path, share=0.003, year=YEAR, seed=5)


@pytest.fixture(scope="module")
def children(folder: Path) -> Children:
    return pupil_scores.read(folder, year=YEAR, book=codebook.load())


def test_true_scores_are_what_true_characteristics_add_up_to(
    folder: Path, children: Children
) -> None:
    truth = pupil_scores.read_truth(folder, year=YEAR)
    rules = pupil_scores.rules()
    indicator = country_files.indicator("indicator_2021")
    found = pupil_scores.true_scores(children, truth, indicator=indicator, rules=rules)
    table = truth.assign(key=keys_of(truth["child_id"])).set_index("key")
    table = table.loc[children.key]
    points = {name: indicator.points(name) for name in indicator.columns}
    expected = sum(points[name][table[name].to_numpy()] for name in indicator.columns)
    counted = found.provenance != Provenance.ASYLUM
    # The school mean, by the rules: mothers of the BRIN within its municipality, and toddlers of
    # one municipality; children of asylum seekers are left out.
    sites, homes = children.sites, children.municipalities["municipality"].to_numpy()
    brin = (sites["school_id"].str[:4] + sites["municipality"]).to_numpy()
    group = np.where(children.site >= 0, brin[children.site], homes[children.home])
    group = np.where((children.site < 0) & (children.home < 0), "nowhere", group)
    mother = pd.Series(indicator.values["education_mother"][table["education_mother"]])
    country = mother[counted].mean()
    mean = mother.where(counted).groupby(group).transform("mean").fillna(country)
    mean[group == "nowhere"] = country
    expected = expected + indicator.effects["school_mean_education_mother"] * mean.to_numpy()
    np.testing.assert_allclose(found.score[counted], expected[counted], rtol=0, atol=SUM_ATOL)
    assert np.isfinite(found.score).all()
    assert not (found.provenance == Provenance.MATCHED).any()


def test_a_child_without_a_row_of_truth_is_named_by_count(folder: Path, children: Children) -> None:
    truth = pupil_scores.read_truth(folder, year=YEAR).iloc[1:]
    rules, indicator = pupil_scores.rules(), country_files.indicator("indicator_2021")
    with pytest.raises(InputError, match="not one for each"):
        pupil_scores.true_scores(children, truth, indicator=indicator, rules=rules)


def test_a_holders_country_has_no_truth(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only a country that was drawn"):
        pupil_scores.read_truth(tmp_path, year=YEAR)
