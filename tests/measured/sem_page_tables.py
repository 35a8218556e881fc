"""Tables of docs/sem.md: what lavaan found (results of r/sem_page.R) beside what oablib found.

Each function takes the results of R and the variables that the page's Python code left.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd
import semopy

from oablib import pooling, sem
from tests import lavaan_reference

Results = dict[str, Any]
BY = ["lhs", "op", "rhs"]
EST_SE = {"est": ("est_r", "est"), "se": ("se_r", "se")}


def address(table: pd.DataFrame) -> pd.Series:
    """Such as `cito ~ nscct`."""
    return "`" + table["lhs"] + " " + table["op"] + " " + table["rhs"] + "`"


def joined(ours: pd.DataFrame, theirs: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Rows of both, ours in order; columns of R get the ending _r."""
    theirs = theirs.assign(**{name: theirs[name].astype(str) for name in by})
    both = ours.assign(**{name: ours[name].astype(str) for name in by})
    return both.merge(theirs, on=by, how="left", suffixes=("", "_r"), validate="1:1")


def side_by_side(
    both: pd.DataFrame,
    columns: dict[str, tuple[str, str]],
    *,
    first: dict[str, Iterable],
    more: pd.DataFrame | None = None,
) -> str:
    """Markdown table: `first`, then per heading R's column and ours, then what only we have."""
    table = pd.DataFrame(first).reset_index(drop=True)
    for heading, (theirs, own) in columns.items():
        table[f"{heading}, R"], table[f"{heading}, oablib"] = list(both[theirs]), list(both[own])
    return markdown(table if more is None else table.join(more.reset_index(drop=True)))


def markdown(table: pd.DataFrame, digits: int = 4) -> str:
    """Numbers to the right, with equal decimals, degrees of freedom with one; NaN as a dash."""
    texts = [column for column in table if not pd.api.types.is_numeric_dtype(table[column])]
    lines = ["| " + " | ".join(map(str, table)) + " |"]
    lines.append("|" + "".join("---|" if name in texts else "--:|" for name in table))
    places = [1 if str(name).startswith("df") else digits for name in table]
    cells = (map(_shown, row, places) for row in table.itertuples(index=False))
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in cells)])


def _shown(value: object, digits: int) -> str:
    if isinstance(value, float):
        small = 0 < value < 0.5 * 10**-digits
        text = f"<{10**-digits:.{digits}f}" if small else f"{value:.{digits}f}"
        return text.replace("nan", "–").replace("inf", "Inf")
    return "–" if value is None else str(value)


def paths(r: Results, own: Results) -> str:
    """Estimates of the base model."""
    rows = own["fit"].parameters.query("op == '~'")
    both = joined(rows, pd.DataFrame(r["fit"]), BY)
    columns = EST_SE | {"std": ("std.all", "std")}
    return side_by_side(both, columns, first={"path": address(both)})


def measures(r: Results, own: Results) -> str:
    """Fit of the base model: lavaan's names, ours, and both values."""
    names = {
        **lavaan_reference.COUNTS,
        "loglik": "logl",
        **lavaan_reference.MEASURES,
        **lavaan_reference.SCALED,
    }
    values = {
        name: (r["measures"][there], getattr(own["fit"], name)) for name, there in names.items()
    }
    rows = [
        (f"`{there}`", f"`{name}`", *(_measure(name, value) for value in values[name]))
        for name, there in names.items()
    ]
    r2 = (r["r2"]["cito"], own["fit"].r2["cito"])
    rows.append(("`rsquare` of cito", '`r2["cito"]`', *(_measure("r2", value) for value in r2)))
    table = markdown(pd.DataFrame(rows, columns=["lavaan", "oablib", "value, R", "value, oablib"]))
    return table.replace("|---|---|---|---|", "|---|---|--:|--:|")


def _measure(name: str, value: float) -> str:
    return f"{value:.0f}" if name in lavaan_reference.COUNTS else f"{value:.4f}"


def summary(r: Results, own: Results) -> str:
    """The test and the paths of the printed summary."""
    text = own["fit"].summary()
    parts = [
        text[text.index(start) : text.index(end)].rstrip()
        for start, end in (
            ("Model Test User Model", "\nModel Test Baseline Model"),
            ("Regressions:", "\nCovariances:"),
        )
    ]
    return "```text\n" + "\n\n...\n\n".join(parts) + "\n```"


def modification_indices(r: Results, own: Results) -> str:
    """The five largest of the base model."""
    found = sem.modification_indices(own["fit"])
    # Equivalent paths have one index, up to rounding that depends on the machine.
    shown = found["mi"].round(6).nlargest(5).index
    found = found.loc[shown]
    both = joined(found, pd.DataFrame(r["modification_indices"]), BY)
    columns = {"mi": ("mi_r", "mi"), "epc": ("epc_r", "epc")}
    more = both[["mi_robust", "p", "reverse_path"]]
    return side_by_side(both, columns, first={"candidate": address(both)}, more=more)


def joint_candidate(r: Results, own: Results) -> str:
    """One test of two paths."""
    text = "nscct ~ residence_0_5_years + residence_5_10_years"
    (row,) = sem.modification_indices(own["fit"], [text]).to_dict("records")
    there = {name: values[0] for name, values in r["joint"].items()}
    rows = [
        ("lavaan, X2", there["X2"], int(there["df"]), there["p.value"]),
        ("oablib, mi", row["mi"], row["df"], None),
        ("oablib, mi_robust", row["mi_robust"], row["df"], row["p"]),
    ]
    return markdown(pd.DataFrame(rows, columns=["statistic", "value", "df", "p"]))


def groups(r: Results, own: Results) -> str:
    """Paths held equal and intercepts that are not."""
    rows = own["equal"].parameters.query("lhs == 'cito' and op in ['~', '~1']")
    both = joined(rows, pd.DataFrame(r["equal"]), [*BY, "group"])
    first = {"parameter": address(both).str.replace("~1 ", "~1"), "wave": both["group"]}
    return side_by_side(both, EST_SE, first=first)


def likelihood_ratio(r: Results, own: Results) -> str:
    """Equal against free regressions."""
    found, there = sem.likelihood_ratio(own["equal"], own["free"]), r["ratio"]
    rows = [
        ("lavaan", there["chisq"], int(there["df"]), there["p"]),
        ("oablib, scaled", found.chi2_scaled, found.df, found.chi2_scaled_p),
        ("oablib, plain", found.chi2, found.df, found.p),
    ]
    return markdown(pd.DataFrame(rows, columns=["equal against free", "chi2", "df", "p"]))


def effects(r: Results, own: Results) -> str:
    """Defined parameters, and the same effects without labels."""
    fit = own["effects"]
    both = joined(fit.parameters.query("op == ':='"), pd.DataFrame(r["effects"]), BY)
    found = sem.effects(fit).set_index(["lhs", "rhs", "effect"])
    rows = found.loc[[("cito", "education_mother", name) for name in both["lhs"]]].reset_index()
    more = rows[["est", "se", "mc_lower", "mc_upper"]].add_prefix("sem.effects ")
    return side_by_side(both, EST_SE, first={"effect": both["lhs"]}, more=more)


def weights(r: Results, own: Results) -> str:
    """Paths of the weighted fit."""
    both = joined(own["weighted"].parameters.query("op == '~'"), pd.DataFrame(r["weighted"]), BY)
    return side_by_side(both, EST_SE, first={"path": address(both)})


def pooled(r: Results, own: Results) -> str:
    """Paths pooled by semTools and by oablib, by the same rules."""
    there = pd.DataFrame(r["pooled"]).astype({"df": float}).fillna({"df": float("inf")})
    both = joined(own["pooled"].parameters.query("op == '~'"), there, BY)
    columns = EST_SE | {"df_rubin": ("df_r", "df_rubin"), "lambda_": ("fmi_r", "lambda_")}
    return side_by_side(both, columns, first={"path": address(both)})


def pooled_more(r: Results, own: Results) -> str:
    """What else the pooled table says of the paths."""
    rows = own["pooled"].parameters.query("op == '~'")
    more = rows[["t", "df", "p", "fmi", "mce", "m_recommended"]].astype({"m_recommended": int})
    return markdown(pd.concat([address(rows).rename("path"), more], axis=1))


def pooled_tests(r: Results, own: Results) -> str:
    """A likelihood ratio and a score test over the imputations."""
    impute = own["impute"]
    ratio = pooling.likelihood_ratio(impute(own["without"]), impute(own["small"]), method="D3")
    (score,) = pooling.modification_indices(impute(own["wider"]), ["nscct ~ origin"]).to_dict(
        "records"
    )
    there = pd.DataFrame(r["pooled_mi"]).query("lhs == 'nscct' and rhs == 'origin'").iloc[0]
    rows = [
        ("D3 of `cito ~ education_mother`: F", r["pooled_ratio"]["F"], ratio.statistic),
        ("D3 of `cito ~ education_mother`: df2", r["pooled_ratio"]["df2"], ratio.df2),
        ("D2 of `nscct ~ origin`: mi", there["mi"], score["d2"] * score["df"]),
        ("D2 of `nscct ~ origin`: epc", there["epc"], score["epc"]),
    ]
    return markdown(pd.DataFrame(rows, columns=["test", "semTools", "oablib"]))


def semopy_criteria(r: Results, own: Results) -> str:
    """Information criteria of the base model and of a worse one."""
    base = own["base"].replace("+\n", "+")
    texts = {"`base`": base, "`base` with `0*nscct`": base.replace("~ nscct", "~ 0*nscct")}
    rows = []
    for name, text in texts.items():
        model = semopy.Model(text)
        model.fit(own["data"])
        found = semopy.calc_stats(model).iloc[0]
        fit = sem.fit(text, own["data"])
        rows.append(
            (name, found["LogLik"], found["AIC"], int(found["DoF"]), fit.loglik, fit.aic, fit.df)
        )
    heads = [
        "LogLik, semopy",
        "AIC, semopy",
        "DoF, semopy",
        "loglik, oablib",
        "aic, oablib",
        "df, oablib",
    ]
    return markdown(pd.DataFrame(rows, columns=["model", *heads]), digits=3)


def early_distance(r: Results, own: Results) -> str:
    """Largest distance of semopy's default search from the optimum, in standard errors."""
    paths = own["usual"].inspect().query("op == '~'")
    ours = [own["fit"].parameter(row.lval, "~", row.rval) for row in paths.itertuples()]
    distance = [
        abs(e - row["est"]) / row["se"] for e, row in zip(paths["Estimate"], ours, strict=True)
    ]
    return f"{max(distance):.2f}"


def tight_distance(r: Results, own: Results) -> str:
    """The same after a tight search on standardised variables."""
    return f"{sem.semopy_estimates(own['fit'])['distance'].max():.0e}".replace("e-0", "e-")


def stuck_distance(r: Results, own: Results) -> str:
    """The same for a model in which semopy ends on a bound."""
    text = lavaan_reference.stored("base_model")["instruments_model"]
    fit = sem.fit(text, own["data"], cluster="school_id")
    return f"{sem.semopy_estimates(fit)['distance'].max():.1f}"
