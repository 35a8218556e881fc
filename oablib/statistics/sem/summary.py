"""A fit as text in the order and numbers of lavaan's summary (0.6-14).

The text is what lavaan prints for summary(fit, fit.measures = TRUE, standardized = TRUE,
rsquare = TRUE), less the column Std.lv and the scaled forms of CFI, RMSEA and log-likelihood;
names are not abbreviated, R-Square has the adjusted value beside it, flags follow as notes.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
from scipy.special import chdtrc, chndtr

from oablib.statistics.sem import solution
from oablib.statistics.sem.fitting import SemFit
from oablib.statistics.sem.measures import r2_keys
from oablib.statistics.sem.spec import FIXED

# Widths of lavaan's text: labels with the first number, each further number, names, a column.
LINE_WIDTH, NUMBER_WIDTH, NAME_WIDTH, LEAST_COLUMN_WIDTH = 54, 12, 17, 9
# lavaan's limits of close and of poor fit (MacCallum, Browne & Sugawara, 1996, Psychol. Methods 1).
CLOSE_FIT, POOR_FIT = 0.05, 0.08
TITLES = {
    "=~": "Latent Variables", "~": "Regressions", "~~": "Covariances", "~1": "Intercepts",
    "variance": "Variances", ":=": "Defined Parameters",
}  # fmt: skip
COLUMNS = {"est": "Estimate", "se": "Std.Err", "z": "z-value", "p": "P(>|z|)", "std": "Std.all"}
R_SQUARE, R_SQUARE_COLUMNS = "R-Square", ("Estimate", "Adjusted")


class Row(NamedTuple):
    """One parameter. lead: left side and sign, such as `cito ~`; numbers: text, "" where none."""

    lead: str
    name: str
    label: str
    numbers: tuple[str, ...]


class Block(NamedTuple):
    """Parameters under one title; group: number and label, such as "1 [north]", or "" for one."""

    group: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def as_text(fit: SemFit) -> str:
    """Header, tests, fit measures, parameters in blocks, R-Square and flags; ends with a newline.

    Scaled tests are beside the standard ones where errors are robust. "Number of model
    parameters" counts shared ones every time, as lavaan's does; fit.n_parameters counts them once.
    """
    parts = [*_header(fit), *_measures(fit), *_errors(fit), *_parameters(blocks(fit))]
    parts += _constraints(fit)
    if fit.flags:
        parts += ["", "Note:", "", *(f"  {flag}" for flag in fit.flags)]
    return "\n".join(parts) + "\n"


def _line(label: str, *values: float | int | str) -> str:
    first, *more = (_number(v) if isinstance(v, float) else str(v) for v in values)
    start = f"  {label}{first:>{LINE_WIDTH - 2 - len(label)}}"
    return (start + "".join(f"{text:>{NUMBER_WIDTH}}" for text in more)).rstrip()


def _header(fit: SemFit) -> list[str]:
    spec = fit.core.problem.spec
    free = sum(cell.free != FIXED and spec.counts(cell) for cell in spec.cells)
    limits = len(spec.restrictions) - spec.n_equalities
    lines = [
        f"oablib.sem ended at the optimum (largest score per row {fit.gradient_norm:.0e})",
        "",
        _line("Estimator", "ML"),
        _line("Likelihood", fit.likelihood.capitalize()),
        _line("Number of model parameters", free),
    ]
    if free > fit.n_parameters:
        lines.append(_line("Number of equality constraints", free - fit.n_parameters))
    if limits:
        lines.append(_line("Number of inequality constraints", limits))
    lines.append("")
    if fit.n_groups > 1:
        sample = fit.core.problem.sample
        sizes = zip(sample.labels, sample.groups, strict=True)
        lines.append("  Number of observations per group:")
        lines += [_line(f"  {label}", group.n) for label, group in sizes]
    else:
        lines.append(_line("Number of observations", fit.n))
    if fit.n_clusters is not None:
        lines.append(_line("Number of clusters", fit.n_clusters))
    return lines


def _measures(fit: SemFit) -> list[str]:
    base_p = float(chdtrc(fit.baseline_df, fit.baseline_chi2)) if fit.baseline_df else math.nan
    return [
        *("", "Model Test User Model:"), *_test(fit),
        *("", "Model Test Baseline Model:", ""),
        _line("Test statistic", fit.baseline_chi2),
        _line("Degrees of freedom", fit.baseline_df),
        _line("P-value", base_p),
        *("", "User Model versus Baseline Model:", ""),
        _line("Comparative Fit Index (CFI)", fit.cfi),
        _line("Tucker-Lewis Index (TLI)", fit.tli),
        *("", "Loglikelihood and Information Criteria:", ""),
        _line("Loglikelihood user model (H0)", fit.loglik),
        _line("Loglikelihood unrestricted model (H1)", fit.loglik + fit.chi2 / 2),
        "",
        _line("Akaike (AIC)", fit.aic),
        _line("Bayesian (BIC)", fit.bic),
        _line("Sample-size adjusted Bayesian (SABIC)", fit.sabic),
        *("", "Root Mean Square Error of Approximation:", ""),
        _line("RMSEA", fit.rmsea),
        _line("90 Percent confidence interval - lower", fit.rmsea_lower),
        _line("90 Percent confidence interval - upper", fit.rmsea_upper),
        _line(f"P-value H_0: RMSEA <= {CLOSE_FIT:.3f}", 1 - _below(fit, CLOSE_FIT)),
        _line(f"P-value H_0: RMSEA >= {POOR_FIT:.3f}", _below(fit, POOR_FIT)),
        *("", "Standardized Root Mean Square Residual:", ""),
        _line("SRMR", fit.srmr),
    ]  # fmt: skip


def _below(fit: SemFit, rmsea: float) -> float:
    """Chance of a smaller chi2 if this were the true RMSEA."""
    excess = fit.n * fit.df * rmsea**2 / fit.n_groups
    return float(chndtr(fit.chi2, fit.df, excess)) if fit.df > 0 else math.nan


def is_scaled(fit: SemFit) -> bool:
    """Whether the fit has a scaled test."""
    return fit.errors == "robust" and fit.df > 0


def _test(fit: SemFit) -> list[str]:
    name = "Test Statistic" if fit.errors == "robust" else "Test statistic"
    rows = [(name, fit.chi2, fit.chi2_scaled), ("Degrees of freedom", fit.df, fit.df)]
    if fit.df > 0:
        rows.append(("P-value (Chi-square)", fit.chi2_p, fit.chi2_scaled_p))
    if not is_scaled(fit):
        return ["", *(_line(label, plain) for label, plain, _ in rows)]
    return [
        _line("", "Standard", "Scaled"),
        *(_line(label, plain, scaled) for label, plain, scaled in rows),
        _line("Scaling correction factor", "", fit.scaling_factor),
        "    Yuan-Bentler correction (Mplus variant)",
    ]


def kind_of_errors(fit: SemFit) -> str:
    """Standard errors by lavaan's name."""
    if fit.errors != "robust":
        return "Standard"
    return "Sandwich" if fit.n_clusters is None else "Robust.cluster"


def _errors(fit: SemFit) -> list[str]:
    kind = kind_of_errors(fit)
    name = "Information bread" if kind == "Sandwich" else "Information"
    more = {
        "observed": ("Observed information based on", "Hessian"),
        "expected": ("Information saturated (h1) model", "Structured"),
    }
    return [
        *("", "Parameter Estimates:", ""), _line("Standard errors", kind),
        _line(name, fit.information.capitalize()), _line(*more[fit.information]),
    ]  # fmt: skip


def _parameters(blocks: list[Block]) -> list[str]:
    """All blocks as lines, in columns of one width."""
    rows = [row for block in blocks for row in block.rows]
    longest = max(len(row.name) + len(row.label) + (3 if row.label else 0) for row in rows)
    name_width = max(NAME_WIDTH, 4 + longest)
    width = max(LEAST_COLUMN_WIDTH, 1 + max(len(n) for row in rows for n in row.numbers))
    lines, group = [], ""
    for block in blocks:
        if block.group not in ("", group):
            lines += ["", "", f"Group {block.group}:"]
            group = block.group
        heading = "".join(f"{name:>{width}}" for name in block.columns)
        lines += ["", f"{block.title}:", " " * name_width + heading]
        lines += _lines_of_rows(block.rows, name_width=name_width, width=width)
    return lines


def _constraints(fit: SemFit) -> list[str]:
    """What is left to each limit; an equality has 0."""
    if not fit.core.problem.spec.restrictions:
        return []
    rows = zip(fit.constraints["constraint"], fit.constraints["slack"].abs(), strict=True)
    lines = [f"    {text:<{LINE_WIDTH - 14}}{_number(slack):>10}" for text, slack in rows]
    return ["", "Constraints:", f"{'|Slack|':>{LINE_WIDTH}}", *lines]


def _lines_of_rows(rows: tuple[Row, ...], *, name_width: int, width: int) -> Iterator[str]:
    lead = ""
    for row in rows:
        if row.lead != lead:
            lead = row.lead
            yield _indented(lead, 2)
        name = _indented(row.name, 4)
        label = f"({row.label})" if row.label else ""
        numbers = "".join(f"{text:>{width}}" for text in row.numbers)
        yield f"{name}{label:>{name_width - len(name)}}{numbers}".rstrip()


def _indented(name: str, spaces: int) -> str:
    """A dot comes before the column of names."""
    return " " * (spaces - name.startswith(".")) + name


def _number(value: float) -> str:
    """Three decimals, and NA where there is no number."""
    return "NA" if math.isnan(value) else f"{value:.3f}"


def blocks(fit: SemFit) -> list[Block]:
    """Per group in lavaan's order of titles, then what the text defines."""
    rows, labels = fit.parameters, fit.core.problem.sample.labels
    titles = rows["op"].where(rows["op"].ne("~~") | rows["lhs"].ne(rows["rhs"]), "variance")
    shared = _shared(fit)
    result = []
    for number, label in enumerate(labels):
        group = f"{number + 1} [{label}]" if len(labels) > 1 else ""
        part = rows[rows["group"] == label] if len(labels) > 1 else rows
        result += [
            _block(fit, part[titles[part.index] == key], key, group, shared=shared)
            for key in TITLES
            if key != ":="
        ]
        r_square = tuple(
            Row("", name, "", (_number(fit.r2[key]), _number(fit.r2_adjusted[key])))
            for key, (name, of_group) in r2_keys(fit.core.problem).items()
            if of_group == number
        )
        result.append(Block(group, R_SQUARE, R_SQUARE_COLUMNS, r_square))
    result.append(_block(fit, rows[rows["op"] == ":="], ":=", "", shared=shared))
    return [block for block in result if block.rows]


def _shared(fit: SemFit) -> set[int]:
    """Rows of `parameters` whose value some other row shares."""
    spec = fit.core.problem.spec
    numbers = pd.Series([spec.cells[n].free for n in solution.rows(spec)])
    repeated = numbers.duplicated(keep=False) & numbers.ge(0)
    return set(repeated.index[repeated])


def _block(fit: SemFit, rows: pd.DataFrame, key: str, group: str, *, shared: set[int]) -> Block:
    """lavaan dots a variable that an equation explains: its moments are those of the residual."""
    dotted = fit.core.problem.spec.endogenous if key in ("~~", "~1", "variance") else ()
    shown = []
    for index, row in rows.iterrows():
        lhs, name = row["lhs"], row["lhs"] if key in ("~1", ":=") else row["rhs"]
        lead = f"{'.' * (lhs in dotted)}{lhs} {key}" if key in ("=~", "~", "~~") else ""
        label = row["label"] or "equal" * (index in shared)
        # A fixed value has no error and no test.
        absent = ("se", "z", "p") if row["se"] == 0 else ()
        numbers = tuple("" if name in absent else _number(row[name]) for name in COLUMNS)
        shown.append(Row(lead, "." * (name in dotted) + name, label * (key != ":="), numbers))
    return Block(group, TITLES[key], tuple(COLUMNS.values()), tuple(shown))
