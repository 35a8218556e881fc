"""The sentence with which each report answers its question, out of the run's own numbers."""

from collections.abc import Sequence

import pandas as pd

from oablib.diagnostics import FAR, OverImputed, Recovered
from oablib.imputation import Imputed
from oablib.wording import number, percent, signed, words


def intake(steps: pd.DataFrame, *, population: pd.DataFrame) -> str:
    """Children in the analysis, and the share of delivered rows that was dropped."""
    row, delivered = population.iloc[0], int(steps["before"].iloc[0])
    dropped = delivered - int(row["children"])
    return (
        f"**{row['children']:,} children** in {row['schools']:,} schools are in the analysis; "
        f"{dropped:,} of {delivered:,} delivered rows ({percent(dropped / delivered, 1)}) were "
        "dropped. "
        f"Source: {row['source']}."
    )


def imputation(counts: pd.DataFrame, *, imputed: Imputed, hidden: OverImputed) -> str:
    """Which share of each variable was filled, how many times, and how the test of it ended."""
    if imputed.m == 1:
        return "**Nothing was unknown**: one data set passes through unchanged."
    unknown = zip(counts["variable"], counts["share_unknown"], strict=True)
    parts = [f"{words(name)} {percent(share, 1)}" for name, share in unknown]
    return (
        f"Unknown and filled in **{imputed.m} times**: {', '.join(parts)}. "
        f"Known values are the same in every data set. {_coverage(hidden)}"
    )


def diagnostics(planted: Recovered, *, lost: pd.DataFrame, m: int) -> str:
    """How the self-test ended, and which effect loses most to unknown values."""
    if m == 1:
        return "**Nothing was unknown**: results owe nothing to an imputation."
    most, wanted = lost.iloc[int(lost["fmi"].argmax())], int(lost["m_recommended"].max())
    return (
        f"{_self_test(planted)} Most is lost to unknown values for the path from "
        f"{words(str(most['rhs']))} to {words(str(most['lhs']))}: {percent(most['fmi'])} of its "
        f"information. For standard errors that can be repeated, {wanted} "
        f"imputations are recommended; there were {m}."
    )


def warnings(flags: Sequence[str]) -> str:
    """Flags as a list, or that there are none."""
    return "\n".join(f"- {flag}" for flag in flags) or "Nothing to warn of."


def _coverage(hidden: OverImputed) -> str:
    held = hidden.coverage[["variable", "coverage", "ci_lower", "ci_upper"]].to_numpy(object)
    shares = [
        f"{words(name)} {percent(share, 1)} ({percent(lower, 1)} to {percent(upper, 1)})"
        for name, share, lower, upper in held
    ]
    promised = hidden.coverage["nominal"].iloc[0]
    return (
        "Of known values that were hidden as a test, the range of the draws held: "
        f"{', '.join(shares)}; promised are {percent(promised)}."
    )


def _self_test(planted: Recovered) -> str:
    table = planted.table
    if planted.failed:
        return (
            f"**The self-test failed**: of {len(table)} planted effects these came back more than "
            f"{FAR:g} standard errors off: {', '.join(map(words, planted.failed))}."
        )
    return (
        f"All {len(table)} planted effects came back in the self-test, "
        f"{int(table['inside'].sum())} of {int(table['repeats'].sum())} times inside their 95 % "
        "interval."
    )


def scale_values(table: pd.DataFrame, *, outcome: str) -> str:
    """The span of each variable's scale values, and the distance to published ones."""
    spans = table.groupby("variable", sort=False)["value"].agg(["min", "max"])
    parts = [
        f"{words(str(name))} {number(row['min'])} to {number(row['max'])}"
        for name, row in spans.iterrows()
    ]
    text = f"In points {words(outcome)} against the reference category: {'; '.join(parts)}."
    if "published" in table:
        free = table[table["se"] > 0]
        gap = free["difference"].abs()
        text += (
            f" {int((gap <= 2 * free['se']).sum())} of {len(free)} values lie within two of their "
            f"standard errors of the published ones; the largest difference is {gap.max():.2f}."
        )
    return text


def base_model(direct: pd.DataFrame, *, outcome: str) -> str:
    """Which direct effects are established, and how they stand to published ones."""
    sure = direct[(direct["ci_lower"] > 0) | (direct["ci_upper"] < 0)]
    pairs = zip(sure["name"], sure["value"], strict=True)
    parts = [f"{words(name)} {signed(value)}" for name, value in pairs]
    text = (
        f"At equal intelligence, **{len(sure)} of {len(direct)} effects** on {words(outcome)} "
        f"differ from 0 with 95 % confidence: {', '.join(parts) or 'none'}."
    )
    if "published" in direct:
        inside = direct["published"].between(direct["ci_lower"], direct["ci_upper"]).sum()
        text += f" The published effect lies inside the interval for {inside} of {len(direct)}."
    return text


def summary(direct: pd.DataFrame, *, fit: pd.DataFrame, outcome: str) -> str:
    """What the whole run says, in two sentences."""
    share = fit.loc[fit["measure"] == "r2_adjusted", "mean"].iloc[0]
    effects = base_model(direct, outcome=outcome)
    return f"{effects} The model explains {percent(share, 1)} of the variance of the scores."
