"""A country with sites of 1 to 29 pupils, published as reports do now and as they once did."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from oablib import allocation, disclosure, pupil_scores
from oablib.disclosure import of_places, score_tables
from oablib.disclosure.of_places import scores as places
from oablib.indicator.pupil_scores import Children, Provenance
from oablib.protocol import codebook
from tests import country_files
from tests.attacks_on_reports import Register

SMALL = range(1, 30)
"""Pupils of the sites that are planted, one of each."""
LARGE = (30, 34, 41, 55, 60, 72, 80, 95, 99, 100, 110, 125, 140, 160, 180, 210, 240, 275, 330, 420)
TIMES = 3  # each of the large sizes
TOWNS = [f"GM{number:04d}" for number in range(1, 13)]
TODDLERS = (4, 12, 30, 58, 60, 70, 80, 90, 120, 150, 200, 300)
ALL_ASYLUM = 3
"""Asylum seekers at one site, all of its target group."""
ASYLUM_SHARE, MATCHED_SHARE, SD_OF_SCHOOLS, SD = 0.01, 0.05, 1.2, 3.0
LAW, RULES = allocation.rules(), disclosure.rules()


@dataclass(frozen=True)
class Planted:
    """children as read from files; score, provenance: (n,)."""

    children: Children
    score: np.ndarray
    provenance: np.ndarray

    @cached_property
    def allocated(self) -> allocation.Allocated:
        frame = self.children.frame(score=self.score)
        return allocation.of_frames(
            [frame], self.children.sites, self.children.municipalities, rules=LAW
        )

    @cached_property
    def date(self) -> of_places.Date:
        return of_places.Date(self.children, self.score, self.allocated)

    @property
    def register(self) -> Register:
        sizes = self.allocated.schools[["school_id", "n_children"]]
        sites = self.children.sites.merge(sizes, on="school_id", how="left")
        return Register(sites, self.allocated.municipalities[["municipality", "n_children"]])

    @property
    def asylum_score(self) -> float:
        return float(self.score[self.provenance == Provenance.ASYLUM][0])

    def truth(self) -> pd.DataFrame:
        """n and A of every site, and of the toddlers of every municipality, by place."""
        of_all = allocation.national_of_municipalities(
            self.children.frame(score=self.score), self.children.sites, rules=LAW
        )
        schools = self.allocated.schools
        frame = self.children.frame(score=self.score)
        chosen = frame[frame["toddler"] & (frame["score"] <= of_all.boundary)]
        by = (of_all.C - chosen["score"]).groupby(chosen["municipality"], observed=False)
        toddlers = pd.DataFrame({"n_target": by.size(), "A": by.sum()}).rename_axis("place")
        named = schools.rename(columns={"school_id": "place"}).set_index("place")
        return pd.concat([named[["n_target", "A"]], toddlers])

    def changed(self, rows: np.ndarray) -> "Planted":
        """The same with another origin, and so a much lower score, of some children."""
        score, origin = self.score.copy(), self.children.codes["origin"].copy()
        score[rows] -= 5.0
        origin[rows] += 1
        codes = {**self.children.codes, "origin": origin}
        return Planted(replace(self.children, codes=codes), score, self.provenance)


def drawn(folder: Path, *, seed: int = 1) -> Planted:
    """Draw it, and write and read its files."""
    rng = np.random.default_rng(seed)
    sizes = rng.permutation([*SMALL, *TIMES * LARGE])
    names = [f"{i // 2:02d}AB{i % 2:02d}" for i in range(len(sizes))]
    site = np.repeat(np.arange(len(sizes)), sizes)
    home = np.repeat(np.arange(len(TOWNS)), TODDLERS)
    n = len(site) + len(home)
    frame = country_files.children(n, seed=seed)
    where = rng.permutation(len(sizes)) % len(TOWNS)
    town = np.concatenate([where[site], home])
    toddler = np.arange(n) >= len(site)
    frame = frame.assign(
        child_group=np.where(toddler, 2, 1).astype(np.int8),
        school_id=[*np.array(names)[site], *[None] * len(home)],
        municipality=np.array(TOWNS)[town],
        age=np.where(toddler, 3.0, 8.0),
        years_enrolled=np.where(toddler, 0, 4).astype(np.int8),
    )
    listed = pd.DataFrame(
        {"school_id": names, "board": "40001", "municipality": np.array(TOWNS)[where],
         "postcode4": np.int16(1000), "school_type": np.int8(1)}
    )  # fmt: skip
    country_files.write(folder, frame, places=listed)
    towns = pd.DataFrame({"municipality": TOWNS, "name": TOWNS, "urbanity": np.int8(1)})
    towns.to_parquet(folder / "municipalities.parquet", index=False)
    children = pupil_scores.read(folder, year=country_files.YEAR, book=codebook.load())
    level = np.append(rng.normal(0, SD_OF_SCHOOLS, len(sizes)), 0.0)  # of toddlers
    score = np.round(level[children.site] + rng.normal(0, SD, n), 6)
    seeker = rng.random(n) < ASYLUM_SHARE
    alone = np.flatnonzero(children.site == int(np.flatnonzero(sizes == LARGE[1])[0]))
    score[alone] = np.abs(score[alone])
    seeker[alone] = np.arange(len(alone)) < ALL_ASYLUM
    others = np.sort(score[~seeker])
    score[seeker] = others[: round(LAW.target_share * len(others))].mean().round(6)
    source = np.where(rng.random(n) < MATCHED_SHARE, Provenance.MATCHED, Provenance.DIRECT)
    provenance = np.where(seeker, Provenance.ASYLUM, source)
    return Planted(children, score, provenance)


def publish(
    planted: Planted, folder: Path, *, earlier: of_places.Ledger | None = None
) -> of_places.Ledger:
    """Write the tables of places as a run does now; what the next report is held against."""
    shown = of_places.publish(
        planted.date, planted.date, profile="strict", rules=RULES, law=LAW, earlier=earlier
    )
    tables = {
        "school_scores": shown.sites,
        "brin_scores": of_places.brins(shown.sites),
        "municipality_scores": shown.municipalities,
        "allocation_national": of_places.nationals(_means(planted), constants=RULES.constants),
        "score_sources": score_tables.sources(_sources_of_a_run(planted), rules=RULES),
        "score_facts": score_tables.facts(_facts(planted), rules=RULES),
    }
    _write(tables, folder)
    return shown.ledger


def publish_as_once(planted: Planted, folder: Path, *, fewest: int = 10) -> None:
    """As reports were: all of each place, but of sites with fewer than so many pupils nothing."""
    schools, towns = planted.allocated.schools, planted.allocated.municipalities
    hidden = schools["n_children"].between(1, fewest - 1)
    secret = ["n_target", "A", places.SCORE]
    _write(
        {
            "school_scores": schools.assign(**schools[secret].mask(hidden)),
            "brin_scores": allocation.brins(schools),
            "municipality_scores": towns,
            "school_pairs": _pairs(schools),
            "allocation_national": allocation.nationals(_means(planted)),
            "score_sources": _sources(planted),
            "score_facts": _facts(planted),
        },
        folder,
    )


def publish_in_cents(planted: Planted, folder: Path) -> None:
    """As reports were, but without A and the target group: both means and scores below zero."""
    schools, towns = planted.allocated.schools, planted.allocated.municipalities
    made = {"school_scores": schools, "municipality_scores": towns}
    tables = {
        name: frame.assign(A=(frame["A"] - frame["B"]).round(2) + frame["B"]).drop(
            columns=["n_target"]
        )
        for name, frame in made.items()
    }
    _write(tables | {"allocation_national": allocation.nationals(_means(planted))}, folder)


def _means(planted: Planted) -> dict[str, allocation.National]:
    frame = planted.children.frame(score=planted.score)
    sites = planted.children.sites
    return {
        "schools: pupils": allocation.national_of_schools(frame, sites, rules=LAW),
        "municipalities: all children": allocation.national_of_municipalities(
            frame, sites, rules=LAW
        ),
    }


def _sources(planted: Planted) -> pd.DataFrame:
    """Counts and means by source, with the mean of asylum seekers."""
    toddler = planted.children.frame()["toddler"].to_numpy()
    rows = []
    for code in (Provenance.DIRECT, Provenance.MATCHED, Provenance.ASYLUM):
        of = planted.provenance == code
        counts = (int(of.sum()), int((of & ~toddler).sum()), int((of & toddler).sum()))
        rows.append((code.name.lower(), *counts, of.mean(), planted.score[of].mean()))
    columns = ["provenance", "children", "pupils", "toddlers", "share", "mean"]
    return pd.DataFrame(rows, columns=columns)


def _sources_of_a_run(planted: Planted) -> pd.DataFrame:
    scores = SimpleNamespace(score=planted.score, provenance=planted.provenance)
    return pupil_scores.sources(planted.children, scores)


def _pairs(schools: pd.DataFrame) -> pd.DataFrame:
    """Two scores of each site, one of which moved."""
    new = schools[places.SCORE]
    pairs = {"school_id": schools["school_id"], "current": new * 0.9, "new": new}
    return pd.DataFrame(pairs).assign(change=new * 0.1)


def _facts(planted: Planted) -> pd.DataFrame:
    mean, sd = planted.score.mean(), planted.score.std()
    row = {"indicator": "new", "mean": mean, "sd": sd, "few": 0, "outside": 0}
    return pd.DataFrame([row])


def _write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.to_csv(folder / "tables" / f"{name}.csv", index=False, float_format="%.10g")
