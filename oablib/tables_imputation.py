"""Tables of the imputation: coverage of hidden values, cost of unknown ones, self-test, shifts."""

import pandas as pd
from great_tables import GT

from oablib.figures_imputation import SHIFT_NAMES
from oablib.tables import show
from oablib.wording import words


def coverage(frame: pd.DataFrame, *, about: str) -> GT:
    """How often the range of the draws held the true value of a hidden cell."""
    return show(
        frame,
        caption="Known values hidden and imputed: does the range of the draws hold the truth?",
        about="hidden: known cells that were hidden; interval: Monte Carlo error of the coverage, "
        f"95 %; {about}.",
        labels={"nominal": "promised", "ci_lower": "from", "ci_upper": "to"},
        shares=("nominal", "coverage", "ci_lower", "ci_upper"),
    )


def information(frame: pd.DataFrame, *, m: int, about: str) -> GT:
    """What unknown values cost each path, and how far it depends on the draws."""
    note = (
        "riv: relative increase in variance; fmi: fraction of missing information; mce: standard "
        f"deviation of est over sets of {m} imputations; m recommended: imputations after which se "
        f"would vary by 5 % (von Hippel, 2020); {about}."
    )
    digits = {"mce": 3, "m_recommended": 0}
    return show(frame, caption="What is lost to unknown values", about=note, digits=digits)


def self_test(frame: pd.DataFrame, *, about: str) -> GT:
    """Planted effects and what came back."""
    note = (
        "complete: mean estimate before hiding; imputed and standard error: means over repeats; "
        "z: imputed minus planted in Monte Carlo standard errors (standard error by the root of "
        f"repeats); {about}."
    )
    labels = {"name": "predictor", "value": "imputed", "se": "standard error"}
    labels |= {"inside": "repeats inside 95 % interval"}
    caption = "Self-test: effects planted, values hidden and imputed, effects found"
    return show(frame.drop(columns="mc_se"), caption=caption, about=note, labels=labels)


def sensitivity(frame: pd.DataFrame, *, outcome: str, about: str) -> GT:
    """Direct effects under each shift, side by side; se is that without shift."""
    wide = frame.pivot(index="name", columns="shift", values="value")
    wide = wide.loc[list(dict.fromkeys(frame["name"]))]
    centre = frame[frame["shift"] == 0].set_index("name")["se"]
    moved = wide.drop(columns=0).sub(wide[0], axis=0).div(centre, axis=0).abs().max(axis=1)
    table = wide.rename(columns=SHIFT_NAMES).assign(se=centre, largest_move=moved).reset_index()
    return show(
        table,
        caption=f"Direct effects on {words(outcome)} if unknown values differ from imputed ones",
        about="Every imputed value one level (numbers: one standard deviation) lower, as imputed, "
        f"higher; largest move in standard errors of the effect as imputed; {about}.",
        labels={"name": "predictor", "se": "standard error", "largest_move": "largest move (se)"},
    )
