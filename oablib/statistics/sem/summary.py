"""A fit as text in the order and numbers of lavaan's summary (0.6-14), and as HTML.

The text is what lavaan prints for summary(fit, fit.measures = TRUE, standardized = TRUE,
rsquare = TRUE), less the column Std.lv and the scaled forms of CFI, RMSEA and log-likelihood;
names are not abbreviated, R-Square has the adjusted value beside it, flags follow as notes.
"""

import math
from collections.abc import Iterator
from html import escape

from scipy.special import chdtrc, chndtr

from oablib.statistics.sem.result import SemFit
from oablib.statistics.sem.summary_blocks import COLUMNS, R_SQUARE, Block, Row, blocks, number

# Where lavaan's text ends: labels with the first number, each further number, names.
LINE_WIDTH, NUMBER_WIDTH, NAME_WIDTH = 54, 12, 17
LEAST_COLUMN_WIDTH = 9
# lavaan's limits of close and of poor fit (MacCallum, Browne & Sugawara, 1996, Psychol. Methods 1).
CLOSE_FIT, POOR_FIT = 0.05, 0.08
# What three decimals would show as zero.
LEAST_P = 0.0005


def as_text(fit: SemFit) -> str:
    """Header, tests, fit measures, parameters in blocks, R-Square and flags; ends with a newline.

    Scaled tests stand beside the standard ones where errors are robust. "Number of model
    parameters" counts shared ones every time, as lavaan's does; fit.n_parameters counts them once.
    """
    parts = [*_header(fit), *_measures(fit), *_errors(fit), *_parameters(blocks(fit))]
    if fit.flags:
        parts += ["", "Note:", "", *(f"  {flag}" for flag in fit.flags)]
    return "\n".join(parts) + "\n"


def as_html(fit: SemFit) -> str:
    """The same, short: one paragraph on fit, one table of parameters, a list of flags."""
    flags = "".join(f"<li>{escape(flag)}</li>" for flag in fit.flags)
    return (
        f"<div><p>{escape(_sentence(fit))}</p>{_html_table(fit)}"
        f"{f'<p>Note:</p><ul>{flags}</ul>' if flags else ''}</div>"
    )


def _line(label: str, *values: float | int | str) -> str:
    first, *more = (number(v) if isinstance(v, float) else str(v) for v in values)
    start = f"  {label}{first:>{LINE_WIDTH - 2 - len(label)}}"
    return (start + "".join(f"{text:>{NUMBER_WIDTH}}" for text in more)).rstrip()


def _header(fit: SemFit) -> list[str]:
    free = int((fit.parameters["op"].ne(":=") & fit.parameters["se"].gt(0)).sum())
    lines = [
        f"oablib.sem ended at the optimum (largest score per row {fit.gradient_norm:.0e})",
        "",
        _line("Estimator", "ML"),
        _line("Likelihood", fit.likelihood.capitalize()),
        _line("Number of model parameters", free),
    ]
    if free > fit.n_parameters:
        lines.append(_line("Number of equality constraints", free - fit.n_parameters))
    return [*lines, "", *_counts(fit)]


def _counts(fit: SemFit) -> list[str]:
    sample = fit.core.problem.sample
    lines = [_line("Number of observations", fit.n)]
    if fit.n_groups > 1:
        sizes = zip(sample.labels, sample.groups, strict=True)
        lines = [_line(f"  {label}", group.n) for label, group in sizes]
        lines = ["  Number of observations per group:", *lines]
    clusters = [] if fit.n_clusters is None else [_line("Number of clusters", fit.n_clusters)]
    return lines + clusters


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


def _is_scaled(fit: SemFit) -> bool:
    return fit.errors == "robust" and fit.df > 0


def _test(fit: SemFit) -> list[str]:
    name = "Test Statistic" if fit.errors == "robust" else "Test statistic"
    rows = [(name, fit.chi2, fit.chi2_scaled), ("Degrees of freedom", fit.df, fit.df)]
    if fit.df > 0:
        rows.append(("P-value (Chi-square)", fit.chi2_p, fit.chi2_scaled_p))
    if not _is_scaled(fit):
        return ["", *(_line(label, plain) for label, plain, _ in rows)]
    return [
        _line("", "Standard", "Scaled"),
        *(_line(label, plain, scaled) for label, plain, scaled in rows),
        _line("Scaling correction factor", "", fit.scaling_factor),
        "    Yuan-Bentler correction (Mplus variant)",
    ]


def _kind_of_errors(fit: SemFit) -> str:
    if fit.errors != "robust":
        return "Standard"
    return "Sandwich" if fit.n_clusters is None else "Robust.cluster"


def _errors(fit: SemFit) -> list[str]:
    kind = _kind_of_errors(fit)
    name = "Information bread" if kind == "Sandwich" else "Information"
    more = {
        "observed": ("Observed information based on", "Hessian"),
        "expected": ("Information saturated (h1) model", "Structured"),
    }
    return [
        *("", "Parameter Estimates:", ""), _line("Standard errors", kind),
        _line(name, fit.information.capitalize()), _line(*more[fit.information]),
    ]  # fmt: skip


def _parameters(found: list[Block]) -> list[str]:
    """All blocks as lines, in columns of one width."""
    rows = [row for block in found for row in block.rows]
    longest = max(len(row.name) + len(row.label) + (3 if row.label else 0) for row in rows)
    name_width = max(NAME_WIDTH, 4 + longest)
    width = max(LEAST_COLUMN_WIDTH, 1 + max(len(n) for row in rows for n in row.numbers))
    lines, group = [], ""
    for block in found:
        if block.group not in ("", group):
            lines += ["", "", f"Group {block.group}:"]
            group = block.group
        heading = "".join(f"{name:>{width}}" for name in block.columns)
        lines += ["", f"{block.title}:", " " * name_width + heading]
        lines += _lines_of_rows(block.rows, name_width=name_width, width=width)
    return lines


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
    """A dot stands before the column of names."""
    return " " * (spaces - name.startswith(".")) + name


def _sentence(fit: SemFit) -> str:
    clusters = "" if fit.n_clusters is None else f" in {fit.n_clusters:,} clusters"
    groups = "" if fit.n_groups == 1 else f", {fit.n_groups} groups"
    p = f", {_p_text(fit.chi2_p)}" if fit.df > 0 else ""
    if _is_scaled(fit):
        p += f" (scaled {fit.chi2_scaled:.3f}, {_p_text(fit.chi2_scaled_p)})"
    r2 = [f"{name} {r2:.3f} ({fit.r2_adjusted[name]:.3f})" for name, r2 in fit.r2.items()]
    return (
        f"Maximum likelihood ({fit.likelihood}), {fit.n_parameters} parameters, {fit.n:,} "
        f"observations{clusters}{groups}; standard errors: {_kind_of_errors(fit).lower()}. "
        f"chi2({fit.df}) = {fit.chi2:.3f}{p}; CFI {fit.cfi:.3f}, TLI {fit.tli:.3f}, RMSEA "
        f"{fit.rmsea:.3f} (90 %: {fit.rmsea_lower:.3f} to {fit.rmsea_upper:.3f}), SRMR "
        f"{fit.srmr:.3f}; log-likelihood {fit.loglik:.3f}, AIC {fit.aic:.3f}, BIC {fit.bic:.3f}. "
        f"R2 (adjusted): {', '.join(r2) or 'none'}."
    )


def _p_text(p: float) -> str:
    return "p < 0.001" if p < LEAST_P else f"p = {p:.3f}"


def _html_table(fit: SemFit) -> str:
    names = ["parameter", "label", *COLUMNS.values()]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    bodies = [_html_body(block) for block in blocks(fit) if block.title != R_SQUARE]
    return (
        '<table style="text-align: right"><caption>Parameter estimates</caption>'
        f"<thead><tr>{head}</tr></thead>{''.join(bodies)}</table>"
    )


def _html_body(block: Block) -> str:
    title = escape(f"{block.title} (group {block.group})" if block.group else block.title)
    left = 'style="text-align: left"'
    rows = [f'<tr><th scope="rowgroup" colspan="{2 + len(COLUMNS)}" {left}>{title}</th></tr>']
    for row in block.rows:
        name = escape(f"{row.lead} {row.name}".strip())
        cells = "".join(f"<td>{escape(text)}</td>" for text in (row.label, *row.numbers))
        rows.append(f'<tr><th scope="row" {left}>{name}</th>{cells}</tr>')
    return f"<tbody>{''.join(rows)}</tbody>"
