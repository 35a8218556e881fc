"""Tables of the allocation: national means, largest scores, who counts where, and grants."""

from collections.abc import Mapping

import pandas as pd

from oablib.indicator import allocation
from oablib.indicator.allocation import NOT_SHOWN, Grants, National
from oablib.report.exhibit import About, Table
from oablib.report.table import IN_HEADINGS, Look, show

LARGEST = 15  # rows of a table that could have thousands; all are in the stored one
POINTS = "points, as scores of children"
LABELS = {
    "school_id": "school site",
    "n": "children",
    "n_children": "children (E)",
    "n_pupils": "pupils",
    "n_toddlers": "toddlers",
    "n_target": "target group",
    "boundary": "boundary (grenswaarde)",
    "C": "mean (C)",
    "G": "mean of the target group (G)",
    "in_force_from": "in force from",
}
NOTE = "A: distances to the national mean, summed over the target group; B: the drempel"


def settings_table(frame: pd.DataFrame) -> Table:
    """Rules of the law and choices where it is silent, each with its source."""
    about = About("every allocation", "params/rules/allocation.yaml")
    title = "What the allocation goes by"
    return show(
        frame, "rules", title=title, unit=IN_HEADINGS, about=about, look=Look(labels=LABELS)
    )


def national_table(means: Mapping[str, National], *, about: About) -> Table:
    """Boundary and means, one row a population; means: name -> figures."""
    return show(
        allocation.nationals(means),
        "national",
        title="The target group of the country",
        unit=POINTS,
        note="Distance: C - G, of which a school keeps the part above its drempel",
        about=about,
        look=Look(labels=LABELS, digits=3),
    )


def largest_schools_table(table: pd.DataFrame, *, about: About) -> Table:
    """School sites with the largest achterstandsscores; table: as allocation.shown."""
    columns = ["school_id", "n_children", "n_target", "A", "B", "achterstandsscore"]
    sites = table[table["school_id"] != NOT_SHOWN].dropna(subset=["achterstandsscore"])
    return show(
        _largest(sites, by="achterstandsscore", key="school_id")[columns],
        "largest-schools",
        title=f"The {LARGEST} school sites with the largest achterstandsscores",
        unit=POINTS,
        note=NOTE,
        about=about,
        look=_look(),
    )


def largest_municipalities_table(
    table: pd.DataFrame, *, names: pd.DataFrame, about: About
) -> Table:
    """Municipalities with the largest achterstandsscores; names: municipality, name."""
    columns = [
        "name", "n_pupils", "n_toddlers", "n_target", "A", "B", "achterstandsscore",
    ]  # fmt: skip
    largest = _largest(table, by="achterstandsscore", key="municipality")
    return show(
        named(largest, names)[columns].rename(columns={"name": "place"}),
        "largest-municipalities",
        title=f"The {LARGEST} municipalities with the largest achterstandsscores",
        unit=POINTS,
        note=NOTE,
        about=about,
        look=_look(place="municipality"),
    )


def accounted_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Where each child counts; the last row is all of them."""
    total = pd.DataFrame({"what": ["all children"], "children": [frame["children"].sum()]})
    return show(
        pd.concat([frame, total], ignore_index=True),
        "accounted",
        title="Every child is accounted for",
        unit="children",
        note="Pupils count where their school stands, toddlers where they live",
        about=about,
    )


def grants_table(divided: Grants, *, names: pd.DataFrame, about: About) -> Table:
    """Municipalities with the largest grants, and how many get the minimum."""
    table, lifted = divided.table, int(divided.table["at_minimum"].sum())
    columns = ["name", "score_t1", "score_t2", "share", "grant"]
    largest = _largest(table, by="grant", key="municipality")
    return show(
        named(largest, names)[columns].rename(columns={"name": "place"}),
        "grants",
        title=f"The {LARGEST} largest grants",
        unit="euro a year; scores in points",
        note=f"{lifted:,} of {len(table):,} municipalities are lifted to the minimum; the formula "
        f"divides {divided.J:,.0f} euro (J) over {divided.K:,.2f} points (K)",
        about=about,
        look=Look(
            labels={
                "place": "municipality",
                "score_t1": "score, one year before",
                "score_t2": "score, two years before",
                "share": "share of all points",
                "grant": "grant (euro)",
            },
            shares=("share",),
            digits={"grant": 0},
        ),
    )


def averaging_table(frame: pd.DataFrame, *, draws: int, about: About) -> Table:
    """What postponed averaging changes for schools; frame: as allocation.early_and_late."""
    told = {
        "above_zero": "sites above 0",
        "sum": "sum of scores (points)",
        "n_target": "pupils of the target group",
        "mean_absolute": "mean absolute difference (points)",
        "sd": "sd of differences (points)",
        "correlation": "correlation",
    }
    return show(
        frame.assign(measure=frame["measure"].map(told)),
        "averaging",
        title="Averaging draws per child, or per school",
        unit=IN_HEADINGS,
        note=f"early: {draws} draws averaged for each child; late: for each site. Differences: of "
        "sites above 0 by either",
        about=about,
        look=Look(count_rows=(0, 1, 2), labels={"early": "per child", "late": "per school"}),
    )


def named(table: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Municipalities under their names, in the order of the table."""
    known = names.set_index("municipality")["name"]
    return table.assign(name=table["municipality"].map(known).fillna(table["municipality"]))


def _largest(table: pd.DataFrame, *, by: str, key: str) -> pd.DataFrame:
    """First rows by size; equal ones by their key, so that the choice is always the same."""
    return table.sort_values([by, key], ascending=[False, True]).head(LARGEST)


def _look(**labels: str) -> Look:
    return Look(labels=LABELS | labels, digits={"n_target": 0})
