"""A fit as text in the order and numbers of lavaan's summary (0.6-14).

The text is what lavaan prints for summary(fit, fit.measures = TRUE, standardized = TRUE,
rsquare = TRUE), less the column Std.lv and the correction factors of log-likelihoods; names are
not abbreviated, R-Square has the adjusted value beside it, flags follow as notes.
"""

from collections.abc import Iterable, Iterator, Sequence

from oablib.statistics.sem.fits.fitting import SemFit
from oablib.statistics.sem.fits.summary_blocks import LINE_WIDTH, Block, Row, blocks, line, number
from oablib.statistics.sem.fits.summary_measures import measure_lines
from oablib.statistics.sem.likelihood import patterns
from oablib.statistics.sem.text.spec import FIXED

# Widths of lavaan's tables: names, each column.
NAME_WIDTH, LEAST_COLUMN_WIDTH = 17, 9


def as_text(fit: SemFit) -> str:
    """Header, tests, fit measures, parameters in blocks, R-Square and flags; ends with a newline.

    "Number of model parameters" counts shared ones every time, as lavaan's does;
    fit.n_parameters counts them once.
    """
    parts = [*_header(fit), *measure_lines(fit), *error_lines(fit), *parameter_lines(blocks(fit))]
    parts += _constraints(fit)
    return joined(parts, fit.flags)


def joined(lines: Iterable[str], flags: Iterable[str]) -> str:
    """Lines as one text that ends with a newline, flags as notes below it."""
    notes = [f"  {flag}" for flag in flags]
    return "\n".join([*lines, *(["", "Note:", "", *notes] if notes else [])]) + "\n"


def _ending(fit: SemFit) -> list[str]:
    if fit.converged:
        return [f"oablib.sem ended at the optimum (largest score per row {fit.gradient_norm:.0e})"]
    return [
        f"oablib.sem did NOT end at an optimum (largest score per row {fit.gradient_norm:.0e})",
        "** WARNING ** Estimates below are most likely unreliable",
    ]


def _header(fit: SemFit) -> list[str]:
    return [*_ending(fit), "", *facts(fit)]


def facts(fit: SemFit) -> list[str]:
    """Model and sample: likelihood, numbers of parameters, constraints, rows and clusters."""
    spec = fit.core.problem.spec
    free = sum(cell.free != FIXED and spec.counts(cell) for cell in spec.cells)
    limits = len(spec.restrictions_of_text) - spec.n_equalities
    lines = [
        line("Estimator", "ML"),
        line("Likelihood", fit.likelihood.capitalize()),
        line("Number of model parameters", free),
    ]
    if free > fit.n_parameters:
        lines.append(line("Number of equality constraints", free - fit.n_parameters))
    if limits:
        lines.append(line("Number of inequality constraints", limits))
    lines.append("")
    if fit.n_groups > 1:
        sample = fit.core.problem.sample
        sizes = zip(sample.labels, sample.groups, strict=True)
        lines.append("  Number of observations per group:")
        lines += [line(f"  {label}", group.n) for label, group in sizes]
    elif fit.core.problem.sample.left_out:
        total = fit.n + fit.core.problem.sample.left_out
        lines += [line("", "Used", "Total"), line("Number of observations", fit.n, total)]
    else:
        lines.append(line("Number of observations", fit.n))
    if fit.n_clusters is not None:
        lines.append(line("Number of clusters", fit.n_clusters))
    return [*lines, *_patterns(fit)]


def _patterns(fit: SemFit) -> Iterator[str]:
    """How many combinations of known variables there are, as lavaan prints them."""
    if fit.missing != "fiml":
        return
    sample = fit.core.problem.sample
    counts = [len(group.patterns) for group in patterns.groups(sample)] or [1] * fit.n_groups
    if fit.n_groups == 1:
        yield line("Number of missing patterns", *counts)
        return
    yield "  Number of missing patterns per group:"
    for label, count in zip(sample.labels, counts, strict=True):
        yield line(f"  {label}", count)


def kind_of_errors(fit: SemFit) -> str:
    """Standard errors by lavaan's name."""
    if fit.errors != "robust":
        return "Standard"
    return "Sandwich" if fit.n_clusters is None else "Robust.cluster"


def error_lines(fit: SemFit) -> list[str]:
    """Title of the parameters, and what their standard errors are."""
    kind = kind_of_errors(fit)
    name = "Information bread" if kind == "Sandwich" else "Information"
    more = {
        "observed": ("Observed information based on", "Hessian"),
        "expected": ("Information saturated (h1) model", "Structured"),
    }
    return [
        *("", "Parameter Estimates:", ""), line("Standard errors", kind),
        line(name, fit.information.capitalize()), line(*more[fit.information]),
    ]  # fmt: skip


def parameter_lines(blocks: Sequence[Block]) -> list[str]:
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
    """What is left to each limit of the text; an equality has 0."""
    count = len(fit.core.problem.spec.restrictions_of_text)
    if not count:
        return []
    table = fit.constraints.head(count)
    rows = zip(table["constraint"], table["slack"].abs(), strict=True)
    lines = [f"    {text:<{LINE_WIDTH - 14}}{number(slack):>10}" for text, slack in rows]
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
