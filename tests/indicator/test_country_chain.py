"""The whole chain on a small country: what it keeps, and what its results do not depend on."""

import hashlib
from dataclasses import replace
from pathlib import Path

import country_files
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from oablib import allocation, comparison, pupil_scores, synthetic
from oablib.base import rounding
from oablib.indicator.comparison import Procedure, Situation
from oablib.indicator.comparison.causes import KEYS
from oablib.protocol import codebook

IN_BLOCKS = replace(pupil_scores.rules().education, block=2000)  # two or three, for as many workers
YEARS = (2020, 2019)
M = 2


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.deliver_country(
        tmp_path_factory.mktemp("country"), share=0.004, year=2020, seed=3
    )


def results(folder: Path, *, workers: int) -> dict[str, pd.DataFrame]:
    """Every table that the notebooks on the country write, from its files."""
    book, law, rules = codebook.load(), allocation.rules(), comparison.rules()
    sides, made = {}, {}
    for year in YEARS:
        children = pupil_scores.read(folder, year=year, book=book)
        made[f"draws_{year}"] = country_files.draw(
            children, m=M, seed=5, workers=workers, rule=IN_BLOCKS
        )
        made[f"draws_{year}"].to_parquet(folder / f"draws_{year}.parquet", index=False)
        sides[year] = children, country_files.drawn(folder, children)
    old, new = map(country_files.indicator, ("indicator_2019", "indicator_2021"))
    now, drawn = sides[2020]
    how = Procedure(pupil_scores.rules(), law, seed=5)
    scores = {
        name: pupil_scores.score(now, drawn, indicator=each, rules=how.scores, seed=5)
        for name, each in (("current", old), ("new", new))
    }
    made["scores"] = pupil_scores.table(now, **scores)
    for name, each in scores.items():
        frame = now.frame(score=each.score)
        made[f"schools_{name}"] = allocation.schools(frame, now.sites, rules=law)
        made[f"municipalities_{name}"] = allocation.municipalities(
            frame, now.sites, now.municipalities, rules=law
        )
    years = comparison.Between(Situation(*sides[2019], old), Situation(now, drawn, new), how=how)
    made["causes"] = comparison.decompose(years, causes=comparison.ALL, rules=rules).table
    made["differences"] = comparison.score_differences(
        *(scores[name].score for name in ("current", "new")),
        scores["new"].provenance,
        imputed=[pupil_scores.Provenance.MATCHED],
        asylum=[pupil_scores.Provenance.ASYLUM],
        rules=rules,
    )
    two = comparison.Between(Situation(now, drawn, old), Situation(now, drawn, new), how=how)
    options = {"causes": comparison.OF_THE_INDICATOR, "rules": rules}
    parts = {level: comparison.decompose(two, level=level, **options) for level in KEYS}
    pairs = {level: part.pairs for level, part in parts.items()}
    made |= {f"causes_of_{level}": part.table for level, part in parts.items()}
    profiles = comparison.profiles(two, pairs, table=book.table("children"), rules=rules)
    return made | {f"profile_of_{level}": frame for level, frame in profiles.items()}


@pytest.fixture(scope="module")
def made(country: Path) -> dict[str, pd.DataFrame]:
    return results(country, workers=1)


def digests(made: dict[str, pd.DataFrame]) -> dict[str, str]:
    """Of the tables as results are written: ten digits, as CSV."""
    texts = {name: rounding.csv(rounding.rounded(frame)) for name, frame in made.items()}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}


def shuffled(folder: Path, into: Path, *, row_group: int, seed: int) -> Path:
    """The same files with rows in another order, in row groups of another size."""
    for year in YEARS:
        frame = pq.read_table(folder / f"children_{year}.parquet").to_pandas()
        order = frame.sample(frac=1, random_state=seed)
        country_files.write(into, order, year=year, row_group=row_group)
    for name in ("sites", "municipalities"):
        table = pd.read_parquet(folder / f"{name}.parquet")
        table.to_parquet(into / f"{name}.parquet", index=False)
    return into


def test_results_depend_on_neither_order_nor_chunks_nor_workers(
    country: Path, made: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    wanted = digests(made)
    assert len(wanted) == 13
    other = shuffled(country, tmp_path / "other", row_group=777, seed=1)
    assert digests(results(other, workers=2)) == wanted


def test_children_are_counted_once_at_every_level(
    country: Path, made: dict[str, pd.DataFrame]
) -> None:
    """Sums over schools, municipalities and the country agree, and nobody is lost on the way."""
    children = pupil_scores.read(country, year=2020, book=codebook.load())
    law, frame = allocation.rules(), children.frame(score=made["scores"]["new"].to_numpy())
    accounted = allocation.accounted(frame, children.sites, rules=law)
    assert accounted["children"].sum() == len(children) == len(made["scores"])
    counts = accounted.set_index("what")["children"]
    schools, municipalities = made["schools_new"], made["municipalities_new"]
    assert schools["n_children"].sum() == counts["pupils who count"]
    assert municipalities["n_pupils"].sum() == counts["pupils who count"]
    assert municipalities["n_toddlers"].sum() == counts["toddlers who count"]
    allocation.fail_if_sums_differ(
        schools,
        municipalities,
        accounted=accounted,
        of_schools=allocation.national_of_schools(frame, children.sites, rules=law),
        of_municipalities=allocation.national_of_municipalities(frame, children.sites, rules=law),
    )
    assert np.isfinite(made["scores"][["new", "current"]].to_numpy()).all()


def test_the_constant_cancels_in_every_score_of_a_school_and_municipality(country: Path) -> None:
    """Scores moved by any constant, to six decimals, give the same tables but for C, G."""
    children = pupil_scores.read(country, year=2020, book=codebook.load())
    law = allocation.rules()
    score = np.random.default_rng(1).normal(size=len(children)).round(6)
    for constant in (533.25, -17.000001, 0.5):
        for allocate in (allocation.schools, allocation.municipalities):
            places = () if allocate is allocation.schools else (children.municipalities,)
            one, other = (
                allocate(children.frame(score=each), children.sites, *places, rules=law)
                for each in (score, (score + constant).round(6))
            )
            for column in ("A", "B", "n_target", "achterstandsscore"):
                assert (one[column] == other[column]).all()


def test_indicators_that_differ_by_a_constant_give_the_same_schools(country: Path) -> None:
    """From the model's side: a startwaarde in the scale values of origin changes no school."""
    children = pupil_scores.read(country, year=2020, book=codebook.load())
    drawn = country_files.drawn(country, children, m=M, seed=5)
    law, new = allocation.rules(), country_files.indicator("indicator_2021")
    values = {**new.values, "origin": new.values["origin"] - 533 / 0.78}
    moved = pupil_scores.Indicator(new.model, new.effects, values, new.origins)
    one, other = (
        allocation.schools(
            children.frame(
                score=pupil_scores.score(
                    children, drawn, indicator=each, rules=pupil_scores.rules(), seed=5
                ).score
            ),
            children.sites,
            rules=law,
        )
        for each in (new, moved)
    )
    # The sixth decimal of a score may be rounded otherwise, and with it the second of a sum.
    assert (one["achterstandsscore"] - other["achterstandsscore"]).abs().max() <= 0.01 + 1e-9
