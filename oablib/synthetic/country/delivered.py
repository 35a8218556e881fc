"""Children as registers deliver them: columns and codes of the codebook's table `children`."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.protocol.codebook import Table
from oablib.synthetic.country.background import RECENT, SETTLED
from oablib.synthetic.country.children import PUPIL, SCHOOL_AGE, TODDLER
from oablib.synthetic.country.registers import ABSENT, BOTH, CHILD, years_enrolled
from oablib.synthetic.country.world import World
from oablib.synthetic.drawing import Frame

SEEKER, STATUS_HOLDER = 1, 2
HIDDEN: Mapping[str, tuple[int, ...]] = {
    "education_father": ABSENT["father"],
    **dict.fromkeys(("education_mother", "residence_mother", "mother_age"), ABSENT["mother"]),
    **dict.fromkeys(("origin", "debt_restructuring"), (CHILD, BOTH)),
    **dict.fromkeys(("household_income", "neighbourhood_income"), (CHILD,)),
    **dict.fromkeys(("urbanity", "postcode4"), (CHILD,)),
}
"""Column -> codes of `absent` by which it is unknown."""

TRUTH = (
    *("child_id", "education_father", "education_mother"),
    *("origin", "residence_mother", "debt_restructuring"),
)


def delivered(world: World, children: Frame, *, table: Table) -> tuple[Frame, Frame]:
    """Columns of the codebook's table `children`, for children of one date, and the truth.

    Unknown values carry the codebook's missing codes; school_id of toddlers and municipality of
    children who are not in the population register are missing. The truth has TRUTH as it is.
    """
    values = _values(world, children)
    truth = pd.DataFrame({name: values[name] for name in TRUTH})
    _hide(values, children, table=table)
    return pd.DataFrame({column.key: values[column.key] for column in table.columns}), truth


def _values(world: World, children: Frame) -> dict[str, NDArray | pd.Series]:
    areas, towns = world.areas.table, world.areas.municipalities
    absent, duration = children["absent"].to_numpy(), children["duration"].to_numpy()
    age, area = children["age"].to_numpy(), children["area"].to_numpy()
    pupil = age >= SCHOOL_AGE
    town = areas["municipality"].to_numpy()[area]
    settled = duration >= world.rules["asylum"]["status_after"]
    status = np.where(settled, STATUS_HOLDER, SEEKER)
    residence = np.where(duration < RECENT, 1, np.where(duration < SETTLED, 2, 0))
    income = 4.0 + world.rules["income"]["area"] * areas["z"].to_numpy()
    return {
        "child_id": pd.Series(children["child"].to_numpy()).astype("str"),
        "child_group": np.where(pupil, PUPIL, TODDLER).astype(np.int8),
        "school_id": _texts(children["school"].to_numpy(), world.sites["school_id"], where=pupil),
        "municipality": _texts(town, towns["municipality"], where=absent != CHILD),
        "postcode4": areas["postcode4"].to_numpy()[area].astype(np.int16),
        "age": age,
        "years_enrolled": years_enrolled(age).astype(np.int8),
        "child_registered": (absent != CHILD).astype(np.int8),
        "mother_registered": (~np.isin(absent, ABSENT["mother"])).astype(np.int8),
        "father_registered": (~np.isin(absent, ABSENT["father"])).astype(np.int8),
        "asylum": np.where(children["asylum"], status, 0).astype(np.int8),
        "asylum_registered": children["registered"].to_numpy(),
        "education_father": children["education_father"].to_numpy(),
        "education_mother": children["education_mother"].to_numpy(),
        "origin": children["origin"].to_numpy(),
        "residence_mother": residence.astype(np.int8),
        "debt_restructuring": children["debt"].to_numpy(),
        "mother_age": children["mother_age"].to_numpy(),
        "household_income": children["household_income"].to_numpy(),
        "neighbourhood_income": np.round(np.exp(income), 1)[area],
        "urbanity": towns["urbanity"].to_numpy()[town].astype(np.int8),
    }


def _hide(values: dict[str, NDArray | pd.Series], children: Frame, *, table: Table) -> None:
    absent = children["absent"].to_numpy()
    asylum = children["asylum"].to_numpy()
    unknown = {
        f"education_{parent}": children[f"unknown_{parent}"].to_numpy() | asylum
        for parent in ("father", "mother")
    }
    for key, codes in HIDDEN.items():
        hidden = np.isin(absent, codes) | unknown.get(key, False)
        code = table.column(key).missing_code
        values[key] = np.where(hidden, values[key].dtype.type(code), values[key])


def _texts(row: NDArray, texts: pd.Series, *, where: NDArray[np.bool_]) -> pd.Series:
    """Texts by row, missing except `where`."""
    codes = np.where(where, row, -1)
    return pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(texts))).astype("str")
