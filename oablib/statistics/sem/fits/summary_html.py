"""A fit as HTML for a notebook: one paragraph on fit, one table of parameters, a list of flags."""

from collections.abc import Iterable, Mapping
from html import escape

from oablib.statistics.sem.fits import summary
from oablib.statistics.sem.fits.fitting import SemFit
from oablib.statistics.sem.fits.summary_blocks import COLUMNS, R_SQUARE, Block, blocks, number
from oablib.statistics.sem.fits.summary_measures import is_scaled

# What three decimals would show as zero.
LEAST_P = 0.0005


def as_html(fit: SemFit) -> str:
    """The short form of what `summary.as_text` shows."""
    return page(_sentence(fit), blocks(fit), fit.flags, columns=COLUMNS)


def page(
    sentence: str, shown: Iterable[Block], flags: Iterable[str], *, columns: Mapping[str, str]
) -> str:
    """A sentence, a table of parameters under these headings, and flags; R-Square is left out."""
    notes = "".join(f"<li>{escape(flag)}</li>" for flag in flags)
    head = "".join(
        f'<th scope="col">{escape(name)}</th>' for name in ("parameter", "label", *columns.values())
    )
    bodies = [_body(block, width=2 + len(columns)) for block in shown if block.title != R_SQUARE]
    return (
        f'<div><p>{escape(sentence)}</p><table style="text-align: right"><caption>Parameter '
        f"estimates</caption><thead><tr>{head}</tr></thead>{''.join(bodies)}</table>"
        f"{f'<p>Note:</p><ul>{notes}</ul>' if notes else ''}</div>"
    )


def _sentence(fit: SemFit) -> str:
    clusters = "" if fit.n_clusters is None else f" in {fit.n_clusters:,} clusters"
    groups = "" if fit.n_groups == 1 else f", {fit.n_groups} groups"
    plain, scaled = p_value(fit.chi2_p), p_value(fit.chi2_scaled_p)
    p = f", {plain}" if fit.df > 0 else ""
    scaled_test = is_scaled(fit) and fit.df > 0
    if scaled_test:
        p += f" (scaled {fit.chi2_scaled:.3f}, {scaled})"
    cfi, tli, rmsea = (
        f" (robust {number(value)})" if scaled_test else ""
        for value in (fit.cfi_robust, fit.tli_robust, fit.rmsea_robust)
    )
    r2 = [f"{name} {r2:.3f} ({fit.r2_adjusted[name]:.3f})" for name, r2 in fit.r2.items()]
    unreliable = "" if fit.converged else "Not converged, estimates are unreliable. "
    return (
        f"{unreliable}Maximum likelihood ({fit.likelihood}), {fit.n_parameters} parameters, "
        f"{fit.n:,} observations{clusters}{groups}; standard errors: "
        f"{summary.kind_of_errors(fit).lower()}. "
        f"chi2({fit.df}) = {fit.chi2:.3f}{p}; CFI {fit.cfi:.3f}{cfi}, TLI {fit.tli:.3f}{tli}, "
        f"RMSEA {fit.rmsea:.3f} (90 %: {fit.rmsea_lower:.3f} to {fit.rmsea_upper:.3f}){rmsea}, "
        f"SRMR {fit.srmr:.3f}; log-likelihood {fit.loglik:.3f}, AIC {fit.aic:.3f}, "
        f"BIC {fit.bic:.3f}. "
        f"R2 (adjusted): {', '.join(r2) or 'none'}."
    )


def p_value(p: float) -> str:
    """As a sentence has it."""
    return "p < 0.001" if p < LEAST_P else f"p = {p:.3f}"


def _body(block: Block, *, width: int) -> str:
    title = escape(f"{block.title} (group {block.group})" if block.group else block.title)
    left = 'style="text-align: left"'
    rows = [f'<tr><th scope="rowgroup" colspan="{width}" {left}>{title}</th></tr>']
    for row in block.rows:
        name = escape(f"{row.lead} {row.name}".strip())
        cells = "".join(f"<td>{escape(text)}</td>" for text in (row.label, *row.numbers))
        rows.append(f'<tr><th scope="row" {left}>{name}</th>{cells}</tr>')
    return f"<tbody>{''.join(rows)}</tbody>"
