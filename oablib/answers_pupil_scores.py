"""The sentences with which the reports on children and their scores answer their questions."""

import pandas as pd

from oablib.wording import number, percent


def children(country: pd.DataFrame, registered: pd.DataFrame, known: pd.DataFrame) -> str:
    """How many children there are, and what registers do not know of them."""
    row = country.iloc[0]
    absent = 1 - registered.loc[registered["absent"] == "nobody", "share"].iloc[0]
    weighted = (known["known"] * known["children"]).sum() / known["children"].sum()
    return (
        f"**{row['children']:,} children**: {row['pupils']:,} pupils at {row['sites']:,} school "
        f"sites and {row['toddlers']:,} toddlers. Of **{percent(1 - weighted)} of parents** the "
        f"education is unknown and drawn; for **{percent(absent, 1)} of children** no score can be "
        "computed, since they or a parent are not in the population register."
    )


def scores(sources: pd.DataFrame, *, boundary: float, mean: float, many: int) -> str:
    """Where scores come from, and where the boundary of the lowest 15 % lies."""
    share = sources.set_index("provenance")["share"]
    return (
        f"**{percent(share['direct'] + share['education'], 1)} of scores are computed**, "
        f"{percent(share['matched'], 1)} are lent by a donor and {percent(share['asylum'], 1)} are "
        f"the mean of the lowest 15 %. That boundary lies **{number(mean - boundary)} points** "
        f"below the mean of pupils and toddlers. At {many} school sites more than 40 % of the "
        "scores are lent."
    )
