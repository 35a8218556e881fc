"""What an outsider finds in a report: attacks that succeeded on reports as they once were.

The outsider reads the files of a report, the law, and what is public of places: each site with its
municipality and pupils, and how many children each municipality has. An attack returns what it
found; whether that is true is for a test to say, which knows the children.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

FEWEST, VALUES, WIDTH = 10, 5, 0.5
"""A count below the first is found when fewer values of it are left than the second; the mean score
of so few children when it is known within the third, in points."""
THRESHOLDS = {"school_scores": 0.12, "municipality_scores": 0.05}
"""The drempel by law."""
RANGE = 7.4
"""Points from the boundary to the lowest score, as measured on the example country."""
CENT, EXACT = 0.01, 1e-6
SCORE, FOUND = "achterstandsscore", ["place", "what", "low", "high"]
ASYLUM = re.compile(r"asylum|asiel", re.IGNORECASE)


@dataclass(frozen=True)
class Register:
    """Public: sites with school_id, municipality, n_children; municipalities with n_children."""

    sites: pd.DataFrame
    municipalities: pd.DataFrame


@dataclass(frozen=True)
class Report:
    """The files of one report."""

    folder: Path

    def table(self, name: str) -> pd.DataFrame:
        """A results table; without rows where the report has none of this name."""
        path = self.folder / "tables" / f"{name}.csv"
        return pd.read_csv(path) if path.is_file() else pd.DataFrame()

    def frames(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Every table and the numbers of every figure, by the name of its file."""
        for path in sorted(self.folder.rglob("*.csv")):
            yield path.relative_to(self.folder).as_posix(), pd.read_csv(path, dtype=str)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every page and notebook."""
        for path in sorted((*self.folder.rglob("*.html"), *self.folder.rglob("*.ipynb"))):
            yield path.relative_to(self.folder).as_posix(), path.read_text(encoding="utf-8")


def of_places(report: Report, name: str, *, sizes: pd.Series, reach: float) -> pd.DataFrame:
    """What each row of a table leaves possible by the law, of A and of n.

    sizes: children by place. A place without a score may have any target group.
    """
    table, which = report.table(name), list(THRESHOLDS).index(name)
    means = report.table("allocation_national").iloc[which]
    place = table.iloc[:, 0].astype(str)
    n = place.map(sizes).fillna(0).to_numpy(float)
    near = means["C"] - means["boundary"]
    far, drop = near + reach, n * THRESHOLDS[name] * (means["C"] - means["G"])
    score = table[SCORE].to_numpy(float)
    half = np.maximum(table.get("step", CENT) / 2, CENT / 2)
    low, high = np.where(score > 0, drop + score - half, 0.0), drop + score + half
    if "A" in table:
        low = high = table["A"].to_numpy(float)
    hidden = np.isnan(score)
    low, high = np.where(hidden, 0.0, low), np.where(hidden, n * far, high)
    fewest, most = np.ceil(low / far - EXACT), np.minimum(np.floor(high / near + EXACT), n)
    if "n_target" in table:
        known = table["n_target"].to_numpy(float)
        fewest, most = np.where(hidden, fewest, known), np.where(hidden, most, known)
    columns = {"A_low": low, "A_high": high, "n_low": fewest, "n_high": most, "hidden": hidden}
    return pd.DataFrame({"place": place, "n_children": n, "near": near, "far": far, **columns})


def too_much(bounds: pd.DataFrame) -> pd.DataFrame:
    """Small counts, and means of few, that bounds give away: place, what, low, high."""
    b, size = bounds, bounds["n_children"]
    left = b["n_high"] - b["n_low"] + 1
    count = (left < np.minimum(VALUES, size + 1)) & (b["n_low"] < FEWEST) & (size > 0)
    some = b["n_low"] >= 1
    low = np.maximum(b["A_low"] / b["n_high"].where(some), b["near"])
    high = np.minimum(b["A_high"] / b["n_low"].where(some), b["far"])
    mean = some & (b["n_low"] < FEWEST) & (high - low <= WIDTH)
    child = mean & (b["n_high"] == 1)
    parts = [
        (count, "count", b["n_low"], b["n_high"]),
        (mean & ~child, "mean", low, high),
        (child, "child", low, high),
    ]
    made = [
        pd.DataFrame({"place": b["place"], "what": what, "low": least, "high": most})[rows]
        for rows, what, least, most in parts
    ]
    return pd.concat(made, ignore_index=True)[FOUND]


def right(found: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Findings that are true of places with a small target group; truth: n_target, A by place."""
    n, A = (found["place"].map(truth[name]).astype(float) for name in ("n_target", "A"))
    value = n.where(found["what"] == "count", A / n)
    inside = value.between(found["low"] - CENT, found["high"] + CENT)
    return found[inside & (n < FEWEST)]


def single_children(report: Report, register: Register) -> pd.DataFrame:
    """1: counts, means and single scores behind the row of a site."""
    return too_much(_sites(report, register))


def asylum_scores(report: Report) -> list[float]:
    """2: what the one score of all asylum seekers may be, by a row of its own or by what is left.

    The mean of all children is that of each source by the number of its children. Where it is
    rounded, what is left over is known to as many digits less as there are fewer asylum seekers.
    """
    sources, facts = report.table("score_sources"), report.table("score_facts")
    named = [float(value) for _, frame in report.frames() for value in _asylum_means(frame)]
    if sources.empty or facts.empty:
        return named
    rest = sources[sources["mean"].isna() & (sources["children"] > 0)]
    n = sources["children"].sum()
    if (
        len(rest) == 1
        and _half_a_digit(facts["mean"].iloc[0]) * n / rest["children"].iloc[0] <= WIDTH / 10
    ):
        known = (sources["children"] * sources["mean"]).sum()
        named.append((n * facts["mean"].iloc[0] - known) / rest["children"].iloc[0])
    return named


def all_asylum(report: Report, score: float, register: Register) -> list[str]:
    """2: sites whose target group would have that score, all of it and nobody else."""
    bounds = _sites(report, register)
    distance = report.table("allocation_national")["C"].iloc[0] - score
    sure = (bounds["n_low"] == bounds["n_high"]) & bounds["n_low"].between(1, FEWEST - 1)
    off = (bounds["A_low"] - bounds["n_low"] * distance).abs() + bounds["A_high"] - bounds["A_low"]
    return bounds["place"][sure & (off < CENT)].tolist()


def toddlers(report: Report, register: Register) -> pd.DataFrame:
    """3: toddlers of the target group, as municipality minus schools."""
    sizes = register.municipalities.set_index("municipality")["n_children"]
    towns = of_places(report, "municipality_scores", sizes=sizes, reach=RANGE).set_index("place")
    inside = _sites(report, register)
    home = inside["place"].map(register.sites.set_index("school_id")["municipality"])
    sums = inside.drop(columns=["place", "near", "far"]).groupby(home).sum()
    sums = sums.reindex(towns.index, fill_value=0)
    C = report.table("allocation_national")["C"]
    shift = {end: (C[1] - C[0]) * sums[f"n_{end}"] for end in ("low", "high")}
    n = towns["n_children"] - sums["n_children"]
    far, near = towns["far"], towns["near"]
    low = np.maximum(towns["A_low"] - sums["A_high"] - shift["high"], 0)
    high = np.minimum(towns["A_high"] - sums["A_low"] - shift["low"], n * far)
    fewest = np.maximum(np.ceil(low / far - EXACT), towns["n_low"] - sums["n_high"])
    most = np.minimum(np.floor(high / near + EXACT), towns["n_high"] - sums["n_low"]).clip(upper=n)
    ends = {"A_low": low, "A_high": high, "n_low": fewest.clip(lower=0), "n_high": most}
    made = pd.DataFrame({"n_children": n, "near": near, "far": far, **ends})
    return too_much(made.reset_index(names="place"))


def hidden_sites(report: Report, register: Register) -> pd.DataFrame:
    """4: target groups of sites without a score, where a BRIN, a municipality or the nation has one
    of them: what it has less what is shown of the others."""
    sites = _sites(report, register)
    home = register.sites.set_index("school_id")["municipality"]
    nation = report.table("allocation_national").assign(place="all", hidden=False)
    totals = [
        (sites["place"].str[:4], report.table("brin_scores"), "brin"),
        (sites["place"].map(home), report.table("municipality_scores"), "municipality"),
        (pd.Series("all", sites.index), nation.head(1), "place"),
    ]
    for group, total, key in totals:
        if "n_target" not in total:
            continue
        counts = total.set_index(key)["n_target"]
        alone = sites["hidden"] & (sites["hidden"].groupby(group).transform("sum") == 1)
        shown = sites.where(~sites["hidden"], 0)
        for end, other in (("n_high", "n_low"), ("n_low", "n_high")):
            left = group.map(counts) - shown[other].groupby(group).transform("sum")
            if end == "n_high":
                sites[end] = sites[end].mask(alone & (left < sites[end]), left)
            elif key != "municipality":  # whose toddlers count as well
                sites[end] = sites[end].mask(alone & (left > sites[end]), left)
    return too_much(sites[sites["hidden"]])


def that_differ(first: Report, second: Report, name: str) -> list[str]:
    """7: rows of a table that two reports of one name give another score."""
    tables = [report.table(name) for report in (first, second)]
    both = tables[0].merge(tables[1], on=tables[0].columns[0], suffixes=("_1", "_2"))
    same = both[f"{SCORE}_1"].eq(both[f"{SCORE}_2"])
    same |= both[[f"{SCORE}_1", f"{SCORE}_2"]].isna().all(axis=1)
    return both.iloc[:, 0][~same].astype(str).tolist()


def _sites(report: Report, register: Register) -> pd.DataFrame:
    sizes = register.sites.set_index("school_id")["n_children"]
    return of_places(report, "school_scores", sizes=sizes, reach=RANGE)


def _half_a_digit(value: float) -> float:
    return float(0.5 * 10.0 ** -len(str(value).partition(".")[2]))


def _asylum_means(frame: pd.DataFrame) -> Iterator[str]:
    """Means in the rows of asylum seekers, but those of differences between indicators."""
    if "mean" in frame and "r" not in frame:
        rows = frame.apply(lambda cells: cells.astype(str).str.fullmatch(ASYLUM)).any(axis=1)
        yield from frame["mean"][rows].dropna()
