"""Which schools a table may name."""

import pandas as pd

from oablib.allocation import Rules


def visible(frame: pd.DataFrame, schools: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Rows of schools with as many pupils as small_schools of the rules asks, or with any at all.

    frame: school_id and whatever else. schools: as from allocation.schools, for the numbers of
    pupils; schools that are not in it are left out. treatment "keep" leaves all that have pupils.
    """
    small = rules.small_schools
    fewest = 1 if small.treatment == "keep" else max(small.fewest, 1)
    large = schools.loc[schools["n_children"] >= fewest, "school_id"]
    return frame[frame["school_id"].isin(large)].reset_index(drop=True)
