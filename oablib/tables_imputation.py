"""Tables of the imputation: coverage of hidden values, cost of unknown ones, self-test, shifts."""

import pandas as pd

from oablib.exhibit import About, Table
from oablib.figures_imputation import SHIFT_NAMES
from oablib.tables_canvas import Look, show
from oablib.wording import words


def coverage(frame: pd.DataFrame, *, about: About) -> Table:
    """How often the range of the draws held the true value of a hidden cell."""
    return show(
        frame,
        "coverage",
        title="Known values hidden and imputed: does the range of the draws hold the truth?",
        unit="% of hidden cells",
        note="hidden: known cells that were hidden; from, to: its 95 % Monte Carlo interval",
        about=about,
        look=Look(
            labels={"nominal": "promised", "ci_lower": "from", "ci_upper": "to"},
            shares=("nominal", "coverage", "ci_lower", "ci_upper"),
        ),
    )


def information(frame: pd.DataFrame, *, m: int, about: About) -> Table:
    """What unknown values cost each path, and how far it depends on the draws."""
    note = (
        "riv: relative increase in variance; fmi: fraction of missing information; mce: standard "
        f"deviation of est over sets of {m} imputations; m recommended: imputations after which se "
        "would vary by 5 % (Von Hippel 2020)"
    )
    return show(
        frame,
        "information",
        title="What is lost to unknown values",
        unit="est, se, mce: points of the left variable per unit of the right one",
        note=note,
        about=about,
        look=Look(digits={"est": 3, "se": 3, "mce": 3, "m_recommended": 0}),
    )


def self_test(frame: pd.DataFrame, *, about: About) -> Table:
    """Planted effects and what came back."""
    labels = {"name": "predictor", "value": "imputed", "se": "standard error"}
    return show(
        frame.drop(columns="mc_se"),
        "self-test",
        title="Self-test: effects planted, values hidden and imputed, effects found",
        unit="points of the outcome per unit of the predictor",
        note="complete: mean estimate before hiding; imputed and standard error: means over "
        "repeats; z: imputed minus planted in Monte Carlo standard errors (standard error by the "
        "root of repeats)",
        about=about,
        look=Look(labels={**labels, "inside": "repeats inside 95 % interval"}),
    )


def sensitivity(frame: pd.DataFrame, *, outcome: str, about: About) -> Table:
    """Direct effects under each shift, side by side; se is that without shift."""
    wide = frame.pivot(index="name", columns="shift", values="value")
    wide = wide.loc[list(dict.fromkeys(frame["name"]))]
    centre = frame[frame["shift"] == 0].set_index("name")["se"]
    moved = wide.drop(columns=0).sub(wide[0], axis=0).div(centre, axis=0).abs().max(axis=1)
    table = wide.rename(columns=SHIFT_NAMES).assign(se=centre, largest_move=moved).reset_index()
    labels = {"name": "predictor", "se": "standard error", "largest_move": "largest move (se)"}
    return show(
        table,
        "sensitivity",
        title=f"Direct effects on {words(outcome)} if unknown values differ from imputed ones",
        unit=f"points {words(outcome)} per unit of the predictor",
        note="Every imputed value one level (numbers: one standard deviation) lower, as imputed, "
        "higher; largest move in standard errors of the effect as imputed",
        about=about,
        look=Look(labels=labels),
    )
