"""The synthetic cohort shows what was published, follows its truth, and hides education fairly."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from oablib import params, scale_values, synthetic
from oablib.base.errors import ParameterError
from oablib.protocol import codebook, models
from oablib.statistics import two_step
from tests.measured.true_education import true_education

N, SEED = 19247, 7
# Counts are rounded to whole children per wave; a few are not tested and leave at random.
MARGIN_TOLERANCE = 0.012
# Four standard errors of a share of 0.48 among the smallest wave's 5,800 children.
PATTERN_TOLERANCE = 4 * np.sqrt(0.48 * 0.52 / 5800)
UNKNOWN, NOT_TESTED = 99, 999
# Two standard errors of a share of explained variance of 0.09 among 8,200 children.
SHARE_TOLERANCE = 0.012
IMPROBABLE = 1e-3  # p of a right hypothesis


@pytest.fixture(scope="module")
def cohort() -> synthetic.Cohort:
    return synthetic.draw(n=N, seed=SEED)


@pytest.fixture(scope="module")
def tested(cohort: synthetic.Cohort) -> pd.DataFrame:
    """Children with both tests, with their true education."""
    return true_education(cohort)


@pytest.fixture(scope="module")
def figures() -> dict:
    return params.published("herijking2021")


def test_as_many_children_with_both_tests_as_asked(tested: pd.DataFrame) -> None:
    assert len(tested) == N


@pytest.mark.parametrize(
    ("margin", "column"),
    [
        ("education_father", "education_father"),
        ("education_mother", "education_mother"),
        ("origin_child", "origin"),
    ],
)
def test_margins_per_wave_are_the_published_ones(
    tested: pd.DataFrame, figures: dict, margin: str, column: str
) -> None:
    for wave, shares in figures["margins"][margin].items():
        ours = tested.loc[tested["wave"] == wave, column].value_counts(normalize=True).sort_index()
        assert ours.to_numpy() == pytest.approx(
            np.array(shares) / sum(shares), abs=MARGIN_TOLERANCE
        )


def test_joint_pattern_of_unknown_education_is_the_published_one(
    cohort: synthetic.Cohort, figures: dict
) -> None:
    frame = cohort.children
    mother, father = (frame[f"education_{p}"] == UNKNOWN for p in ("mother", "father"))
    patterns = [~mother & ~father, mother & ~father, ~mother & father, mother & father]
    for wave, shares in figures["margins"]["education_known"].items():
        ours = [pattern[frame["wave"] == wave].mean() for pattern in patterns]
        assert ours == pytest.approx(np.array(shares) / sum(shares), abs=PATTERN_TOLERANCE)


def test_known_education_is_the_true_one(cohort: synthetic.Cohort) -> None:
    for column in ("education_father", "education_mother"):
        known = cohort.children[column] != UNKNOWN
        assert (cohort.children.loc[known, column] == cohort.education.loc[known, column]).all()


def test_what_the_published_table_implies(tested: pd.DataFrame) -> None:
    """sd(cito) from coefficient and standardised coefficient; shares from the same table."""
    assert tested["cito"].std() == pytest.approx(10.4, abs=0.25)
    assert (tested["residence_mother"] == 2).mean() == pytest.approx(0.08, abs=0.005)
    assert (tested["residence_mother"] == 1).mean() == pytest.approx(0.015, abs=0.003)
    assert tested["debt_restructuring"].mean() == pytest.approx(0.011, abs=0.003)
    assert tested["cito"].between(501, 550).all()
    assert tested["school_id"].nunique() == pytest.approx(1370, abs=25)


def test_the_score_in_grade_2_follows_more_from_origin_and_less_from_education(
    tested: pd.DataFrame,
) -> None:
    """Fettelaar & Smeets (2013): origin explains 9 % in grade 2, education 13-14 % in grade 8."""
    children = tested.dropna(subset="cito_2")
    (share,) = (
        each["share"]
        for each in params.published("herziening2015")["explained_variance_in_literature"]
        if (each["predictor"], each["grade"]) == ("origin", 2)
    )
    education = ["education_father", "education_mother"]
    early = [explained(children, outcome="cito_2", by=names) for names in (["origin"], education)]
    late = [explained(children, outcome="cito", by=names) for names in (["origin"], education)]
    assert early[0] == pytest.approx(share, abs=SHARE_TOLERANCE)
    assert early[0] > late[0] and early[1] < late[1]
    known = params.rules("synthetic")["early_test"]["known_share"]
    assert len(children) / len(tested) == pytest.approx(known, abs=4 * np.sqrt(0.25 / N))


def explained(frame: pd.DataFrame, *, outcome: str, by: list[str]) -> float:
    design = pd.get_dummies(frame[by].astype("category")).assign(const=1).to_numpy(dtype=float)
    slopes = np.linalg.lstsq(design, frame[outcome], rcond=None)[0]
    return 1 - np.var(frame[outcome] - design @ slopes) / np.var(frame[outcome])


def test_scale_values_on_complete_data_are_the_published_ones(
    tested: pd.DataFrame, figures: dict
) -> None:
    """Every estimate within 4 of its standard errors: 21 values, false alarm 1 in 700."""
    model, table = models.load("base"), codebook.load().table("cohort")
    values = scale_values.estimate(tested, model=model, table=table).table
    truth = np.concatenate([figures["scale_values"][name]["new"] for name in model.scaled])
    free = values["se"] > 0
    z = (values["value"] - truth)[free] / values["se"][free]
    assert z.abs().max() < 4


@pytest.mark.parametrize(
    ("missing", "drivers"),
    [("published", ["mother_age", "household_income", "cito"]), ("by_tests", ["nscct", "cito"])],
)
def test_unknown_education_is_missing_at_random(
    cohort: synthetic.Cohort, missing: str, drivers: list[str]
) -> None:
    """Given what drives it, whether education is unknown says nothing about education itself."""
    drawn = cohort if missing == "published" else synthetic.draw(n=N, seed=SEED, missing=missing)
    frame = drawn.children.merge(drawn.education, on="child_id", suffixes=("", "_true"))
    tested = (frame[["cito", "nscct"]] != NOT_TESTED).all(axis=1)
    frame = frame[tested & (frame["wave"] == 2013)]
    known = frame[drivers].assign(foreign=frame["origin"] != 1, intercept=1.0)
    design = np.column_stack([known.astype(float), frame["education_mother_true"]])
    unknown = (frame["education_mother"] == UNKNOWN).to_numpy(float)
    fit = np.linalg.lstsq(design, unknown, rcond=None)[0]
    residual = unknown - design @ fit
    bread = np.linalg.inv(design.T @ design)
    se = np.sqrt(np.diag(bread @ (design.T * residual**2) @ design @ bread))
    z = fit / se
    assert abs(z[-1]) < 3.5  # a linear probability model is close, not exact
    assert (np.abs(z[: len(drivers) + 1]) > 3.5).all()


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: object) -> None:
    def digests(folder: str, seed: int) -> dict[str, str]:
        path = synthetic.deliver(tmp_path / folder, n=300, seed=seed)
        files = [p for p in sorted(path.parent.iterdir()) if p.is_file()]
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    first, again, other = digests("a", 1), digests("b", 1), digests("c", 2)
    assert first == again
    assert first["cohort.sav"] != other["cohort.sav"]


def test_manifest_names_every_file_but_the_truth(tmp_path: object) -> None:
    folder = synthetic.deliver(tmp_path, n=300, seed=1).parent
    manifest = json.loads((folder / "manifest.json").read_text())
    listed = {entry["file"]: entry["sha256"] for entry in manifest["files"]}
    present = {p.name for p in folder.iterdir() if p.is_file()} - {"manifest.json"}
    assert set(listed) == present
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    truth = json.loads((folder / "truth" / "truth.json").read_text())
    assert truth["direct"]["education_father"] == 0.82


def test_too_few_children_are_refused() -> None:
    with pytest.raises(ParameterError, match="199 children was asked; at least 200"):
        synthetic.draw(n=199, seed=1)


def test_a_predictor_without_effect_acts_on_neither_test(tested: pd.DataFrame) -> None:
    none = ("origin", "school_mean_education_mother")
    drawn = synthetic.draw(n=N, seed=SEED, without=none, path_factors={"origin": 2.0})
    assert [drawn.truth.direct[name] for name in none] == [0.0, 0.0]
    assert drawn.truth.nscct_paths["origin"] == 0.0 < drawn.truth.nscct_paths["education_father"]
    children = true_education(drawn)
    assert children["origin"].equals(tested["origin"])
    (total,) = (
        test.total
        for test in two_step.tests_of_categories(
            [children], model=models.load("base"), table=codebook.load().table("cohort")
        ).tests
        if test.variable == "origin"
    )
    assert total.p > IMPROBABLE


def test_what_is_no_predictor_cannot_be_without_effect() -> None:
    with pytest.raises(ParameterError, match=r"wave.*education_father"):
        synthetic.draw(n=N, seed=SEED, without=("wave",))
