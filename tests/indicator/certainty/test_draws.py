"""Draws against scores and allocation as a run makes them, and against loops over children."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import country_files
import numpy as np
import pandas as pd
import pytest

from oablib import allocation, pupil_scores
from oablib.indicator import certainty
from oablib.indicator.certainty import Estimates, Layout
from oablib.indicator.certainty import draws as drawing
from oablib.indicator.pupil_scores import Children, Indicator, education
from oablib.protocol import codebook
from oablib.protocol.formed import Factor
from oablib.statistics.two_step.joint import NO_CATEGORY

M, SEED = 3, 5
# A score is fixed to 1e-6 points before it is added; a sum over a school of some 60 children.
UNITS = 1e-4
EXACT = 1e-9
# Standard errors of a covariance out of 4,000 draws are 2.2 % of the product of both errors.
DRAWS, SPREAD = 4000, 0.1


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("country")
    return country_files.write(made, country_files.children(900, seed=1))


@pytest.fixture(scope="module")
def children(folder: Path) -> Children:
    found = pupil_scores.read(folder, year=country_files.YEAR, book=codebook.load())
    country_files.drawn(folder, found, m=M, seed=SEED)
    return found


def path(folder: Path) -> Path:
    return folder / f"draws_{country_files.YEAR}.parquet"


def product_indicator() -> Indicator:
    """A product of a scaled variable with a number beside what the base model has."""
    plain = country_files.indicator("indicator_2021")
    name = "origin_in_debt"
    factors = (Factor("origin"), Factor("debt_restructuring"))
    model = replace(plain.model, products={name: factors}, direct=(*plain.model.direct, name))
    effects, origins = {**plain.effects, name: 0.7}, {**plain.origins, name: "published"}
    return replace(plain, model=model, effects=effects, origins=origins)


def laid_out(folder: Path, children: Children, indicator: Indicator) -> Layout:
    return certainty.lay_out(
        children,
        path(folder),
        indicator=indicator,
        rules=pupil_scores.rules(),
        law=allocation.rules(),
        seed=SEED,
    )


@pytest.fixture(scope="module", params=["published", "product"])
def layout(request: pytest.FixtureRequest, folder: Path, children: Children) -> Layout:
    plain = request.param == "published"
    indicator = country_files.indicator("indicator_2021") if plain else product_indicator()
    return laid_out(folder, children, indicator)


def known(indicator: Indicator) -> Estimates:
    """Estimates without an error."""
    return Estimates(indicator, (), np.zeros((0, 0)), 0)


def points(children: Children, score: np.ndarray) -> np.ndarray:
    """A - B of each site by allocation, in the order of sites; 0 for those left out."""
    law = allocation.rules()
    table = allocation.schools(children.frame(score=score), children.sites, rules=law)
    by_site = table.set_index("school_id")
    return (by_site["A"] - by_site["B"]).reindex(children.sites["school_id"]).to_numpy()


def test_scores_of_the_layout_are_those_of_a_run(
    layout: Layout, folder: Path, children: Children
) -> None:
    drawn = pupil_scores.averaged(path(folder), children)
    expected = pupil_scores.score(
        children, drawn, indicator=layout.indicator, rules=pupil_scores.rules(), seed=SEED
    )
    assert (layout.early.score == expected.score).all()


def test_a_round_of_education_is_scored_as_a_run_scores_it(
    layout: Layout, folder: Path, children: Children
) -> None:
    matches = layout.early.matches
    expected = [
        points(
            children,
            pupil_scores.score(
                children,
                drawn,
                indicator=layout.indicator,
                rules=pupil_scores.rules(),
                seed=SEED,
                matches=matches,
            ).score,
        )
        for drawn in education.rounds(path(folder), children)
    ]
    found = certainty.rounds(layout, layout.indicator).sites
    assert found == pytest.approx(np.array(expected), abs=UNITS)
    assert np.abs(found[0] - found[1]).max() > 1


def test_a_source_alone_varies_and_nothing_else_does(layout: Layout) -> None:
    estimates = known(layout.indicator)
    options = {"estimates": estimates, "draws": 3, "seed": SEED}
    nothing = certainty.draw(layout, varied=(), **options)
    assert (nothing.sites == nothing.sites[0]).all()
    for source in ("education", "donors"):
        alone = certainty.draw(layout, varied=(source,), **options)
        assert (alone.sites[0] == nothing.sites[0]).all()
        assert (alone.sites[1] != alone.sites[2]).any()
    without = certainty.draw(layout, varied=("estimates",), **options)
    assert (without.sites == nothing.sites).all()


def brute(layout: Layout, rows: np.ndarray, score: np.ndarray) -> dict[int, float]:
    """A - B of each site by a loop over the children who were drawn."""
    law, children = layout.law, layout.children
    order = np.argsort(layout.place)  # rows of Children in the order of the layout
    pupils = [row for row in rows if not children.toddler[order[row]]]
    values = [round(float(score[row]), 6) for row in pupils]
    lowest = sorted(values)[: int(law.target_share * len(values))]
    cut, mean = lowest[-1], sum(values) / len(values)
    counted = [value for value in values if value <= cut]
    drop = float(law.threshold_schools) * (mean - sum(counted) / len(counted))
    result: dict[int, float] = {}
    for row, value in zip(pupils, values, strict=True):
        site = int(children.site[order[row]])
        result[site] = result.get(site, 0.0) - drop + (mean - value if value <= cut else 0.0)
    return result


def test_resampled_children_are_of_the_same_place_and_allocated_by_a_loop(layout: Layout) -> None:
    state = drawing._state(SEED, "sampling", 0)
    rows = layout.counted.resampled(state)
    order = np.argsort(layout.place)
    children = layout.children
    n = len(layout.counted.site)
    assert (children.site[order[rows[:n]]] == layout.counted.site).all()
    assert children.toddler[order[rows[n:]]].all()
    found = certainty.draw(
        layout, known(layout.indicator), varied=("sampling",), draws=1, seed=SEED
    )
    score = by_hand(layout, rows)
    expected = brute(layout, np.arange(len(rows)), score)
    assert found.sampled_sites[0][list(expected)] == pytest.approx(
        np.array(list(expected.values())), abs=UNITS
    )


def by_hand(layout: Layout, rows: np.ndarray) -> np.ndarray:
    """Scores of the children drawn, the mean of their school being that of those drawn."""
    donors = layout.donors(drawing._state(SEED, "donors", 0))
    profiles, model = layout.profiles, layout.indicator.model
    choice = drawing._state(SEED, "education", 0).integers(M, size=len(profiles.rows))
    scored = drawing._scored(
        layout, profiles.chosen(choice), indicator=layout.indicator, donors=donors
    )
    ((name, column),) = model.school_means.items()
    counting, numbers = layout.counting[column][rows], scored.numbers[column][rows]
    everybody = numbers[counting < layout.groups].mean()
    score = scored.score[rows].copy()
    for place, row in enumerate(rows):
        if not layout.computed[row] or layout.seekers[row]:
            continue
        group = layout.group[row]
        mates = numbers[counting == group]
        last = group == layout.groups - 1 or not len(mates)
        mean = everybody if last else mates.mean()
        score[place] += layout.indicator.effects[name] * (mean - scored.means[name][group])
    return score


# -------------------------------------------------------------------------------------- estimates


def covariance(indicator: Indicator, table: codebook.Table) -> pd.DataFrame:
    """Of two scale values and two effects, as the results table has it."""
    listed = [("education_mother", "mbo4"), ("origin", "turkije")]
    listed += [("origin", NO_CATEGORY), ("debt_restructuring", NO_CATEGORY)]
    root = np.array([[0.4, 0, 0, 0], [0.1, 0.5, 0, 0], [0, -0.1, 0.2, 0], [0.05, 0, 0.3, 0.4]])
    pairs = [(*one, *other) for one in listed for other in listed]
    names = ["variable", "category", "with_variable", "with_category"]
    return pd.DataFrame(pairs, columns=names).assign(covariance=(root @ root.T).ravel())


def test_effects_and_scale_values_are_drawn_with_their_covariance() -> None:
    indicator, table = country_files.indicator("indicator_2021"), codebook.load().table("cohort")
    wanted = covariance(indicator, table)
    found = certainty.estimates(indicator, wanted, table=table)
    codes = {c.key: c.code for name in ("education_mother", "origin")
             for c in table.column(name).categories}  # fmt: skip
    rng = np.random.default_rng(2)
    rows = []
    for _number in range(DRAWS):
        drawn = found.drawn(rng)
        rows.append(
            [
                drawn.values["education_mother"][codes["mbo4"]],
                drawn.values["origin"][codes["turkije"]],
                drawn.effects["origin"],
                drawn.effects["debt_restructuring"],
            ]
        )
    square = wanted["covariance"].to_numpy().reshape(4, 4)
    size = np.sqrt(np.diag(square))
    assert np.cov(np.array(rows).T) / np.outer(size, size) == pytest.approx(
        square / np.outer(size, size), abs=SPREAD
    )
    # All other effects and values are as they were: 7 + 7 + 7 scale values, 7 effects.
    assert found.known == 28 - 4
    assert drawn.effects["education_father"] == indicator.effects["education_father"]


def test_opposite_draws_have_the_estimates_in_their_middle() -> None:
    indicator, table = country_files.indicator("indicator_2021"), codebook.load().table("cohort")
    found = certainty.estimates(indicator, covariance(indicator, table), table=table)
    one = found.drawn(np.random.default_rng(3))
    other = found.drawn(np.random.default_rng(3), sign=-1)
    middle = {name: (one.effects[name] + other.effects[name]) / 2 for name in one.effects}
    assert middle == pytest.approx(dict(indicator.effects), abs=EXACT)


def test_an_estimate_that_an_indicator_lacks_is_left_out() -> None:
    indicator, table = country_files.indicator("indicator_2021"), codebook.load().table("cohort")
    effects: Mapping[str, float] = {
        name: value for name, value in indicator.effects.items() if name != "debt_restructuring"
    }
    found = certainty.estimates(
        replace(indicator, effects=effects), covariance(indicator, table), table=table
    )
    assert ("debt_restructuring", None) not in found.addresses
    assert len(found.addresses) == 3
