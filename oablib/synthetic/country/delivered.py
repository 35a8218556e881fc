"""Children as registers deliver them: columns and codes of the codebook's table `children`."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.protocol.codebook import Table
from oablib.synthetic.country.background import RECENT, SETTLED
from oablib.synthetic.country.children import PUPIL, SCHOOL_AGE, TODDLER
from oablib.synthetic.country.places import Places
from oablib.synthetic.country.registers import BOTH, CHILD, FATHER, MOTHER, years_enrolled
from oablib.synthetic.population import Frame, Rules

SEEKER, STATUS_HOLDER = 1, 2
LOST: Mapping[int, tuple[str, ...]] = {
    CHILD: (
        *("education_father", "education_mother", "origin", "residence_mother"),
        *("debt_restructuring", "mother_age", "household_income", "neighbourhood_income"),
        *("urbanity", "postcode4"),
    ),
    BOTH: (
        *("education_father", "education_mother", "origin", "residence_mother"),
        *("debt_restructuring", "mother_age"),
    ),
    MOTHER: ("education_mother", "residence_mother", "mother_age"),
    FATHER: ("education_father",),
}
"""Columns that are unknown of children by who is absent from the population register."""


def delivered(
    children: Frame, *, sites: Frame, places: Places, table: Table, rules: Rules
) -> Frame:
    """Columns of the codebook's table `children`, for children as `turnover` gives them.

    Unknown values carry the codebook's missing codes; school_id of toddlers and municipality of
    children who are not in the population register are missing.
    """
    values = _values(children, sites=sites, places=places, rules=rules)
    _hide(values, children, table=table)
    return pd.DataFrame({column.key: values[column.key] for column in table.columns})


def education(children: Frame) -> Frame:
    """The truth behind them: child_id, education of both parents, origin, residence and debts."""
    return pd.DataFrame(
        {
            "child_id": _ids(children),
            "education_father": children["education_father"].to_numpy(),
            "education_mother": children["education_mother"].to_numpy(),
            "origin": children["origin"].to_numpy(),
            "residence_mother": residence(children["duration"].to_numpy()),
            "debt_restructuring": children["debt"].to_numpy(),
        }
    )


def residence(duration: NDArray[np.float64]) -> NDArray[np.int8]:
    """Codes of the mother's residence by years since she arrived, (n,)."""
    code = np.where(duration < RECENT, 1, np.where(duration < SETTLED, 2, 0))
    return code.astype(np.int8)


def _values(
    children: Frame, *, sites: Frame, places: Places, rules: Rules
) -> dict[str, NDArray | pd.Series]:
    age, absent = children["age"].to_numpy(), children["absent"].to_numpy()
    pupil = age >= SCHOOL_AGE
    area = children["area"].to_numpy()
    town = places.areas["municipality"].to_numpy()[area]
    income = 4.0 + rules["income"]["area"] * places.areas["z"].to_numpy()
    return {
        "child_id": _ids(children),
        "child_group": np.where(pupil, PUPIL, TODDLER).astype(np.int8),
        "school_id": _texts(children["school"].to_numpy(), sites["school_id"], where=pupil),
        "municipality": _texts(town, places.municipalities["municipality"], where=absent != CHILD),
        "postcode4": places.areas["postcode4"].to_numpy()[area].astype(np.int16),
        "age": age,
        "years_enrolled": years_enrolled(age).astype(np.int8),
        "child_registered": (absent != CHILD).astype(np.int8),
        "mother_registered": (~np.isin(absent, (CHILD, BOTH, MOTHER))).astype(np.int8),
        "father_registered": (~np.isin(absent, (CHILD, BOTH, FATHER))).astype(np.int8),
        "asylum": _asylum(children, rule=rules["asylum"]),
        "asylum_registered": children["registered"].to_numpy(),
        "education_father": children["education_father"].to_numpy(),
        "education_mother": children["education_mother"].to_numpy(),
        "origin": children["origin"].to_numpy(),
        "residence_mother": residence(children["duration"].to_numpy()),
        "debt_restructuring": children["debt"].to_numpy(),
        "mother_age": children["mother_age"].to_numpy(),
        "household_income": children["household_income"].to_numpy(),
        "neighbourhood_income": np.round(np.exp(income), 1)[area],
        "urbanity": places.municipalities["urbanity"].to_numpy()[town].astype(np.int8),
    }


def _hide(values: dict[str, NDArray | pd.Series], children: Frame, *, table: Table) -> None:
    absent = children["absent"].to_numpy()
    asylum = children["asylum"].to_numpy()
    unknown = {
        f"education_{parent}": children[f"unknown_{parent}"].to_numpy() | asylum
        for parent in ("father", "mother")
    }
    for key in LOST[CHILD]:
        codes = [code for code, keys in LOST.items() if key in keys]
        hidden = np.isin(absent, codes) | unknown.get(key, False)
        code = table.column(key).missing_code
        values[key] = np.where(hidden, values[key].dtype.type(code), values[key])


def _asylum(children: Frame, *, rule: Rules) -> NDArray[np.int8]:
    settled = children["duration"].to_numpy() >= rule["status_after"]
    status = np.where(settled, STATUS_HOLDER, SEEKER)
    return np.where(children["asylum"].to_numpy(), status, 0).astype(np.int8)


def _ids(children: Frame) -> pd.Series:
    return pd.Series(children["child"].to_numpy()).astype("str")


def _texts(row: NDArray, texts: pd.Series, *, where: NDArray[np.bool_]) -> pd.Series:
    """Texts by row, missing except `where`."""
    codes = np.where(where, row, -1)
    return pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(texts))).astype("str")
