"""Of whom a report was made, so that the next one is not the same but for a few of them."""

from pathlib import Path

import pandas as pd

from oablib.base.errors import DisclosureError
from oablib.disclosure.settings import Rules

FOLDER = Path("ledger")
"""Of a stage, with what was kept when the published report was made."""

PREFIX = "ledger_"
"""Of the private tables that make up a ledger."""

COHORT, COUNTRY = f"{PREFIX}cohort", "country"
"""Private table of the children of a cohort; place, in a ledger, of all children together."""


def cohort(frame: pd.DataFrame, *, rules: Rules, folder: Path = FOLDER) -> pd.DataFrame:
    """The ledger of a cohort: child, and a digest of its row.

    frame: with a column child, unique. folder: of the ledger of the report that is published.
    Raises DisclosureError when some children joined, left or have another row since, and fewer than
    rules.hold: estimates of both reports would differ by these alone.
    """
    digest = pd.util.hash_pandas_object(frame.drop(columns="child"), index=False)
    made = pd.DataFrame({"child": frame["child"].astype(str), "units": digest, "place": COUNTRY})
    path = folder / f"{COHORT}.parquet"
    if path.is_file():
        fail_if_few_changed(made, pd.read_parquet(path), fewest=rules.hold)
    return made


def fail_if_few_changed(now: pd.DataFrame, before: pd.DataFrame, *, fewest: int) -> None:
    """Raise DisclosureError when some children changed, and fewer than it takes.

    Frames as of `changed`.
    """
    count = int(changed(now, before).sum())
    if 0 < count < fewest:
        raise DisclosureError(
            f"Of the children of the report that is published, {count} joined, left or have "
            f"another record; expected none, or {fewest} or more: two reports that differ by fewer "
            "show these children. Wait until more have changed."
        )


def changed(now: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """How many children of each place joined, left or have other units; by place.

    now, before: place, child, units (a score, or a digest of a record).
    """
    both = now.merge(before, on="child", how="outer", suffixes=("", "_before"))
    places = [both[name].astype(object) for name in ("place", "place_before")]
    differs = (both["units"] != both["units_before"]) | (places[0] != places[1])
    # Who went from one place to another changed both.
    moved = differs & (places[0] != places[1])
    return pd.concat([places[0][differs], places[1][moved]]).dropna().value_counts()
