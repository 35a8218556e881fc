"""Which fits may be compared, and which may be pooled: decided here for all functions.

Fits are compared by likelihoods of the same numbers, and pooled as one model fitted to imputations
of the same rows. What has to be equal is a table of facts below.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import ComparisonError, OabError, PoolingError
from oablib.base.wording import shown_names
from oablib.statistics.sem.data.sample import GroupSample, Sample
from oablib.statistics.sem.fits.fitting import SemFit, fail_if_not_converged
from oablib.statistics.sem.likelihood import patterns
from oablib.statistics.sem.likelihood.patterns import PatternSample

# Equal data give equal moments up to the order in which sums are taken.
SAME_DATA_RTOL = 1e-9
# The same for sums over clusters, which were taken of whitened variables (sample.NO_DIRECTION).
SAME_SUMS_RTOL = 1e-5


class _Fact(NamedTuple):
    """Something that fits must agree on, if they are to be compared or pooled.

    of: its value, for messages as text, or None where it is not to be shown.
    """

    name: str
    of: Callable[[SemFit], object]
    advice: str
    shown: bool = True


def _with_means(fit: SemFit) -> str:
    return "with means" if fit.core.problem.spec.mean_structure else "without means"


def _clusters(fit: SemFit) -> str:
    return "none" if fit.n_clusters is None else f"{fit.n_clusters} clusters"


def _correction(fit: SemFit) -> str:
    design = fit.core.problem.sample.design
    if fit.n_clusters is None:
        return "none"
    return "C / (C - 1)" if design.cluster_correction else "none asked for"


def _weights(fit: SemFit) -> str:
    return "weighted" if fit.core.problem.sample.weighted else "not weighted"


def _variables(fit: SemFit) -> str:
    return ", ".join(sorted(fit.core.problem.spec.observed))


def _exogenous(fit: SemFit) -> str:
    """The conditional likelihood is of the other variables given these."""
    given = fit.core.problem.spec.exogenous if fit.likelihood == "conditional" else ()
    return ", ".join(sorted(given)) or "none"


def _known(fit: SemFit) -> int:
    """Number of known values, which missing="fiml" uses all of."""
    sample = fit.core.problem.sample
    counts = [len(p.z) * len(p.known) for group in patterns.groups(sample) for p in group.patterns]
    return sum(counts) if counts else fit.n * len(fit.core.problem.spec.observed)


def _column(role: str) -> Callable[[SemFit], object]:
    return lambda fit: getattr(fit.core.problem.sample.design, role) or "none"


def _model(fit: SemFit) -> object:
    """Everything that the text says about parameters, but fixed values and starts."""
    spec = fit.core.problem.spec
    cells = tuple(cell._replace(value=None, start=None) for cell in spec.cells)
    return replace(spec, text="", notes=(), cells=cells, restrictions=spec.restrictions_of_text)


def _fixed(fit: SemFit) -> object:
    return tuple(cell.value for cell in fit.core.problem.spec.cells)


def addresses(fit: SemFit) -> tuple[tuple[object, ...], ...]:
    """(lhs, op, rhs) and, in fits of several groups, group of each row of parameters."""
    columns = [name for name in ("lhs", "op", "rhs", "group") if name in fit.parameters]
    return tuple(zip(*(fit.parameters[name].tolist() for name in columns), strict=True))


_SAME = "Give {} the same value in all calls of sem.fit."
BOTH = (
    _Fact("numbers of rows", lambda fit: fit.n, "Fit all of them to the same rows."),
    _Fact("likelihoods", lambda fit: fit.likelihood, _SAME.format("likelihood=")),
    _Fact("mean structures", _with_means, _SAME.format("mean_structure=")),
    _Fact(
        "groups", lambda fit: fit.core.problem.sample.labels, _SAME.format("group="), shown=False
    ),
    _Fact("clusters", _clusters, _SAME.format("cluster=")),
    _Fact("weights", _weights, _SAME.format("weights=")),
    _Fact("bounds", lambda fit: fit.core.problem.bounds, _SAME.format("bounds=")),
    _Fact("cluster corrections", _correction, _SAME.format("cluster_correction=")),
)
TO_COMPARE = (
    _Fact(
        "sets of variables",
        _variables,
        "A model without x keeps x in its data when the text says `y ~ 0*x`.",
    ),
    _Fact(
        "sets of exogenous variables",
        _exogenous,
        "Give likelihood='joint', or let the same variables be explained in all of them.",
    ),
    _Fact("numbers of known values", _known, "Fit all of them to the same values."),
)
TO_POOL = (
    _Fact("columns of clusters", _column("cluster"), _SAME.format("cluster=")),
    _Fact("columns of groups", _column("group"), _SAME.format("group=")),
    _Fact("columns of weights", _column("weights"), _SAME.format("weights=")),
    _Fact("kinds of standard errors", lambda fit: fit.errors, _SAME.format("errors=")),
)
OF_ONE_MODEL = (
    _Fact("parameters", addresses, "Fit one text to every imputation.", shown=False),
    _Fact("fixed values", _fixed, "Fit one text to every imputation.", shown=False),
    _Fact("models", _model, "Fit one text, with its labels, to every imputation.", shown=False),
)


def to_compare(fits: Mapping[str, SemFit]) -> dict[str, SemFit]:
    """The fits, if they have likelihoods of the same numbers.

    Raises ComparisonError that says what differs, or what was given instead of names with fits.
    """
    if not isinstance(fits, Mapping):
        raise ComparisonError(
            f"Found {_kind(fits)}; expected names with their fits, as in "
            "{'without x': fit, 'with x': other}."
        )
    if not fits:
        raise ComparisonError("No fits to compare; expected at least one.")
    _fail_if_one_is_unfit(fits.values(), ComparisonError)
    for fact in (*BOTH, *TO_COMPARE):
        values = [fact.of(fit) for fit in fits.values()]
        if _distinct(values)[1:]:
            named = zip(fits, values, strict=True)
            shown = f" ({'; '.join(f'{name}: {value}' for name, value in named)})"
            raise ComparisonError(
                f"The models have different {fact.name}{shown if fact.shown else ''}, so that AIC, "
                f"BIC and chi2 of one say nothing about another. {fact.advice}"
            )
    _fail_if_data_differ(list(fits.values()))
    return dict(fits)


def to_pool(fits: Iterable[SemFit]) -> tuple[SemFit, ...]:
    """The fits, if these can be of one model to imputations of the same rows.

    Raises PoolingError that says what differs, or what was given instead of fits.
    """
    if isinstance(fits, SemFit | Mapping) or not isinstance(fits, Iterable):
        raise PoolingError(f"Found {_kind(fits)}; expected a list of fits, one per imputation.")
    listed = tuple(fits)
    if not listed:
        raise PoolingError("No fits to pool; expected one per imputation.")
    _fail_if_one_is_unfit(listed, PoolingError)
    _fail_if_values_are_missing(listed)
    # A text is read once (spec.parse), so that fits of one text share what was read.
    one_text = all(fit.core.problem.spec is listed[0].core.problem.spec for fit in listed)
    for fact in (*BOTH, *TO_POOL, *(() if one_text else OF_ONE_MODEL)):
        values = _distinct([fact.of(fit) for fit in listed])
        if len(values) > 1:
            shown = f": {', '.join(map(str, values))}" if fact.shown else ""
            raise PoolingError(
                f"The {len(listed)} fits have {len(values)} different {fact.name}{shown}; "
                f"expected one model fitted to imputations of the same rows. {fact.advice}"
            )
    _fail_if_limits_differ(listed)
    return listed


def _fail_if_values_are_missing(fits: tuple[SemFit, ...]) -> None:
    count = sum(bool(patterns.groups(fit.core.problem.sample)) for fit in fits)
    if count and len(fits) > 1:
        raise PoolingError(
            f"{count} of {len(fits)} fits are of data with missing values (missing='fiml'), whose "
            "errors count already what is missing. Pool fits to imputed data, or report one fit "
            "to the data as they are."
        )


def _fail_if_limits_differ(fits: tuple[SemFit, ...]) -> None:
    """A limit that is active in some imputations only gives a standard error of 0 in these."""
    active = [
        {fit.core.problem.spec.restrictions[n].text for n in fit.core.optimum.active}
        for fit in fits
    ]
    for text in sorted(set().union(*active)):
        count = sum(text in each for each in active)
        if count < len(fits):
            raise PoolingError(
                f"The limit `{text}` is active in {count} of {len(fits)} imputations: there the "
                "estimate is the limit, without a standard error, so that Rubin's rules do not "
                "hold. Leave the limit out, or write it as an equality."
            )


def _distinct(values: Sequence[object]) -> list[object]:
    return [value for number, value in enumerate(values) if value not in values[:number]]


def _kind(given: object) -> str:
    return "one fit" if isinstance(given, SemFit) else f"an object of type {type(given).__name__}"


def _fail_if_one_is_unfit(fits: Iterable[object], error: type[OabError]) -> None:
    """Only what sem.fit returned, and only where its search came to an end."""
    listed = list(fits)
    others = [type(each).__name__ for each in listed if not isinstance(each, SemFit)]
    if others:
        raise error(
            f"{len(others)} of {len(listed)} are no fits but of type "
            f"{', '.join(shown_names(dict.fromkeys(others)))}; expected what sem.fit returns."
        )
    fail_if_not_converged((each for each in listed if isinstance(each, SemFit)), error)


def _fail_if_data_differ(fits: list[SemFit]) -> None:
    """Equal facts are not equal numbers: means, covariances and sums over clusters decide."""
    first, *others = map(_moments, fits)
    for other in others:
        for what, ours, theirs in zip(_Moments._fields, first, other, strict=True):
            tolerance = SAME_SUMS_RTOL if what == "sums" else SAME_DATA_RTOL
            if ours.shape != theirs.shape or (np.abs(ours - theirs) > tolerance).any():
                raise ComparisonError(
                    f"The models have the same variables and number of rows, but {_NAMES[what]}; "
                    "fit all of them to the same data, with the same clusters and weights."
                )


class _Moments(NamedTuple):
    """What two fits to the same data share, variables by name, groups one after the other.

    variances: logarithms. means: in root mean squares. correlations, sums: in standard deviations;
    sums: products of sums over clusters (or rows), which depend on clusters and weights as well.
    """

    variances: NDArray
    means: NDArray
    correlations: NDArray
    sums: NDArray


_NAMES = {
    "variances": "the variances of their data differ",
    "means": "the means of their data differ",
    "correlations": "the correlations of their data differ",
    "sums": "their rows lie in other clusters or have other weights",
}


def _moments(fit: SemFit) -> _Moments:
    sample = fit.core.problem.sample
    order = np.argsort(fit.core.problem.spec.observed)
    parts = [
        _of_group(sample, group, sample.products[span, span], order)
        for group, span in zip(sample.groups, sample.spans, strict=True)
    ]
    return _Moments(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _of_group(
    sample: Sample, group: GroupSample, products: NDArray, order: NDArray
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    sd = np.sqrt(np.diag(group.cov))
    pair = np.outer(sd, sd)
    mean = group.shift + sample.scale * group.mean
    if isinstance(group, PatternSample):
        sums = patterns.linear_products(group) / pair
    else:
        linear = slice(1, 1 + group.root.shape[1])
        sums = group.root @ products[linear, linear] @ group.root.T / pair
    variance = (sd * sample.scale) ** 2
    return (
        np.log(variance)[order],
        (mean / np.sqrt(variance + mean**2))[order],
        (group.cov / pair)[np.ix_(order, order)].ravel(),
        (sums / np.abs(np.diag(sums)).max())[np.ix_(order, order)].ravel(),
    )
