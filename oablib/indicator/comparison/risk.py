"""Children at risk, those in the target group, per municipality: toddlers and pupils apart."""

import numpy as np
import pandas as pd

from oablib.indicator.comparison.settings import Rules

TODDLERS, PUPILS = "toddlers", "pupils"
COUNTRY, URBANITY, SIZE = "country", "urbanity", "size"


def at_risk(table: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Shares of the children of each municipality that are in the target group.

    table: as from allocation.municipalities. places: municipality, urbanity. Columns:
    municipality, urbanity, n_children; of toddlers and of pupils n_<group> (children),
    target_<group> (of them in the target group; fractions of tied ones), and the share <group>, NaN
    where there are none.
    """
    urbanity = places.set_index("municipality")["urbanity"]
    frame = table[["municipality", "n_children", "n_toddlers", "n_pupils"]].assign(
        urbanity=table["municipality"].map(urbanity),
        target_toddlers=table["n_target_toddlers"],
        target_pupils=table["n_target"] - table["n_target_toddlers"],
    )
    for group in (TODDLERS, PUPILS):
        n = frame[f"n_{group}"]
        frame[group] = frame[f"target_{group}"] / n.where(n > 0)
    return frame


def risk_classes(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Municipalities by the share of their children at risk; frame: as from `at_risk`.

    Columns: lower, upper (fractions; the last has none above), toddlers, pupils: municipalities of
    which the share of these is in the class.
    """
    limits = np.array(rules.risk_classes, np.float64)
    counts = {
        group: np.bincount(
            np.searchsorted(limits, frame[group].dropna().to_numpy(), side="right") - 1,
            minlength=len(limits),
        )
        for group in (TODDLERS, PUPILS)
    }
    return pd.DataFrame({"lower": limits, "upper": np.append(limits[1:], np.nan), **counts})


def risk_by(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Children at risk in the country, by urbanity, and by size of municipality.

    frame: as from `at_risk`. Columns: by (country, urbanity, size); code (of urbanity, or the
    smallest number of children; else 0); municipalities; n_toddlers, toddlers, n_pupils, pupils
    (children, and the fraction at risk).
    """
    limits = np.array(rules.risk_sizes, np.int64)
    size = limits[np.searchsorted(limits, frame["n_children"].to_numpy(), side="right") - 1]
    codes = {COUNTRY: np.zeros(len(frame), int), URBANITY: frame["urbanity"], SIZE: size}
    parts = []
    for kind, code in codes.items():
        grouped = frame.groupby(np.asarray(code))
        part = pd.DataFrame({"by": kind, "municipalities": grouped.size()})
        for group in (TODDLERS, PUPILS):
            n = grouped[f"n_{group}"].sum()
            part[f"n_{group}"] = n
            part[group] = grouped[f"target_{group}"].sum() / n.where(n > 0)
        parts.append(part.rename_axis("code").reset_index())
    columns = ["by", "code", "municipalities", "n_toddlers", TODDLERS, "n_pupils", PUPILS]
    return pd.concat(parts, ignore_index=True)[columns]
