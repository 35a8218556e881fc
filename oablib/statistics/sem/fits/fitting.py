"""The entry of the package: fit one model to one complete data set, and the result."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import EstimationError, ModelError, OabError
from oablib.base.wording import shown_names
from oablib.statistics.sem import arguments
from oablib.statistics.sem.data import checks
from oablib.statistics.sem.data.design import Design
from oablib.statistics.sem.data.sample import Prepared
from oablib.statistics.sem.fits import incomplete, optima, options
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.bounds import Bounds
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.results import flags, inference, solution
from oablib.statistics.sem.results import measures as measuring
from oablib.statistics.sem.results.inference import Errors
from oablib.statistics.sem.results.measures import Measures
from oablib.statistics.sem.search import constrained
from oablib.statistics.sem.search.estimation import Optimum
from oablib.statistics.sem.text import notes, spec, syntax
from oablib.statistics.sem.text.spec import Coding, Equal, Likelihood


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """What later questions about a fit need: the model on its data's moments, and the optimum."""

    problem: Problem
    optimum: Optimum
    covariance: NDArray


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SemFit(Measures):
    """One fitted model.

    parameters: one row per free parameter, per value that the text or a marker fixes, and per
        defined parameter, addressed by (lhs, op, rhs), in fits of several groups by group too.
        op is `=~` loading, `~` path, `~~` (residual) covariance, `~1` intercept (rhs empty) or
        `:=` (rhs the expression); label; est, se, z, p, ci_lower and ci_upper (95 %, normal),
        std (lavaan's std.all). A fixed value has se 0, and NaN for z and p.
    covariance: sampling covariance of est, shape (r, r), rows as in parameters.
    n_parameters: free parameters that the likelihood counts; shared ones count once.
    loglik, aic, bic, chi2, cfi and the other measures of fit: see Measures.
    r2, r2_adjusted: per endogenous variable (and group: "name.group").
    errors, information: kind of standard errors, and the information matrix behind them.
    missing: what was done with missing values: "error", "listwise" or "fiml".
    gradient_norm: largest |score| per row at the estimate, standardised units.
    converged: False where no search ended at a certified optimum. The estimates are then where the
        highest one stopped, errors and measures of fit are NaN, the first flag says why, and what
        computes further refuses the fit (`fail_if_not_converged`).
    flags: sentences on what a reader should know before believing the numbers.
    """

    model: str
    likelihood: Likelihood
    errors: Errors
    missing: str
    information: str
    parameters: pd.DataFrame
    covariance: NDArray
    n_clusters: int | None
    n_parameters: int
    r2: Mapping[str, float]
    r2_adjusted: Mapping[str, float]
    gradient_norm: float
    converged: bool
    flags: tuple[str, ...]
    core: Core

    def __repr__(self) -> str:
        return (
            f"<SemFit: {self.n_parameters} parameters, n = {self.n:,}, chi2({self.df}) = "
            f"{self.chi2:.3f}, log-likelihood {self.loglik:.3f}, {len(self.flags)} flags; "
            "print(fit.summary()) shows all of it>"
        )

    def parameter(self, lhs: str, op: str, rhs: str = "", *, group: str = "") -> pd.Series:
        """Row of `parameters` at this address; `x ~~ y` also finds `y ~~ x`. Else ModelError."""
        rows = self.parameters
        hit = (rows["lhs"] == lhs) & (rows["op"] == op)
        if op != ":=":
            hit &= rows["rhs"] == rhs
        if op == "~~":
            hit |= (rows["lhs"] == rhs) & (rows["op"] == op) & (rows["rhs"] == lhs)
        if group and self.n_groups > 1:
            hit &= rows["group"] == group
        if not hit.any():
            parts = rows[["lhs", "op", "rhs"]].to_numpy()
            known = ", ".join(" ".join(row).strip() for row in parts)
            raise ModelError(
                f"`{lhs} {op} {rhs}` is not a parameter of this fit; its parameters: {known}."
            )
        return rows[hit].iloc[0]

    @property
    def constraints(self) -> pd.DataFrame:
        """One row per equality and limit: constraint, slack (the data's units) and active."""
        return constrained.table(self.core.problem, self.core.optimum)

    def summary(self) -> str:
        """Fit and parameters as text, in the order of lavaan's summary."""
        from oablib.statistics.sem.fits.summary import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from oablib.statistics.sem.fits.summary_html import as_html

        return as_html(self)


def fit(
    model: str,
    data: pd.DataFrame | Prepared,
    *,
    cluster: str | None = None,
    group: str | None = None,
    equal: Equal | Collection[Equal] = (),
    effect_coding: Coding | Collection[Coding] = (),
    weights: str | None = None,
    estimator: str | None = None,
    likelihood: Likelihood = "joint",
    errors: Errors | None = None,
    missing: str = "error",
    mean_structure: bool = True,
    cluster_correction: bool = True,
    bounds: Bounds = "none",
    **unknown: object,
) -> SemFit:
    """Fit `model` (lavaan's syntax) to the rows of `data`, which may hold more columns.

    data: or what `prepare` made of it, with its clusters, groups, weights and correction: any
        number of models is then fitted without looking at the rows again.
    cluster: column whose values share a school; errors are then clustered (lavaan: robust.cluster).
    group: column whose values are fitted side by side; equal: classes of parameters that all
        groups share (see spec.Equal; lavaan's group.equal).
    effect_coding: "loadings" and "intercepts" of each latent variable have mean 1 and sum 0 in
        place of a marker and of a latent mean at 0 (lavaan's effect.coding; see coding).
    weights: column of sampling weights, brought to a mean of 1: pseudo maximum likelihood
        (Skinner, 1989).
    likelihood: "joint" takes exogenous variables as random (fixed.x = FALSE) and counts their
        moments as parameters; "conditional" takes them as given (fixed.x = TRUE).
    errors: "robust" (the default), "observed" or "expected" information.
    estimator: lavaan's word for the same, in any case: "MLR" for robust errors, "ML" for those of
        the expected information (of the observed one with missing="fiml"). unknown: other
        arguments of lavaan are refused with advice.
    missing: "error" refuses missing values, "listwise" keeps complete rows only, "fiml" (lavaan's
        "ml") is maximum likelihood on all known values (Arbuckle, 1996, in Advanced Structural
        Equation Modeling); it presumes values missing at random and normal variables. With
        likelihood="conditional" rows that lack an exogenous variable are left out, as in lavaan.
    mean_structure: False leaves intercepts out of the parameters (lavaan's default for ML).
    cluster_correction: multiply the clustered meat by C / (C - 1), as lavaan does.
    bounds: lavaan's name of limits to variances, loadings and covariances, such as "pos.var" for
        variances of 0 or more (see `bounds`). A flag names what ends on a limit; standard errors
        take it as fixed there, where lavaan's are those of a point in the open.
    Estimates are those of Bollen (1989, Structural Equations with Latent Variables, ch. 4 and 8);
    errors and tests follow lavaan 0.6-14 (Rosseel, 2012, J. Stat. Softw. 48(2)). A search that
    ends at no optimum gives a fit that says so (SemFit.converged). Raises ModelError for the
    model's text or a column that is absent, EstimationError for data that cannot be fitted and a
    model that is not identified.
    """
    options.fail_if_unknown(unknown, fit)
    checks.fail_if_model_is_no_text(model)
    design = Design(cluster, group, weights, cluster_correction)
    if isinstance(data, Prepared):
        design = design.of_prepared(data.sample.design)
    else:
        checks.fail_if_data_are_no_frame(data)
    missing = options.missing_of(
        missing, mean_structure=mean_structure, prepared=isinstance(data, Prepared)
    )
    kind = options.errors_of(estimator, errors, missing=missing)
    options.fail_if_unfit(likelihood, kind, design, mean_structure=mean_structure)
    arguments.one_of("bounds", bounds, Bounds)
    classes = options.names("equal", equal, Equal)
    coding = options.names("effect_coding", effect_coding, Coding)
    specification = spec.parse(
        model, likelihood=likelihood, mean_structure=mean_structure,
        n_groups=_count_groups(data, design.group), equal=classes,
        effect_coding=coding,
    )  # fmt: skip
    names = data.names if isinstance(data, Prepared) else tuple(data.columns)
    left_out: tuple[str, ...] = ()
    if isinstance(data, Prepared):
        sample = data.take(specification, centred=problems.centred(specification))
    else:
        sample, left_out = incomplete.read(data, specification, design, missing=missing)
    remarks = (*specification.notes, *notes.on_labels(syntax.read(model), names), *left_out)
    problem = problems.set_up(specification, sample, bounds=bounds)
    return _fitted(problem, errors=kind, missing=missing, remarks=remarks)


def _fitted(problem: Problem, *, errors: Errors, missing: str, remarks: tuple[str, ...]) -> SemFit:
    optimum, model, sample = optima.find(problem), problem.spec, problem.sample
    covariance = np.full((model.n_free, model.n_free), np.nan)
    if optimum.converged:
        parts = inference.sandwich(problem, optimum)
        covariance = inference.covariance(problem, optimum, parts, errors=errors)
        measures = measuring.measures(problem, optimum, parts)
    else:
        measures = measuring.unknown(problem)
    given = [cell.free for cell in model.cells if model.is_given(cell)]
    covariance[given] = covariance[:, given] = 0.0
    parameters, by_row = solution.parameter_table(problem, optimum, covariance=covariance)
    r2, r2_adjusted = measuring.explained(problem, optimum)
    return SemFit(
        model=model.text,
        likelihood=model.likelihood,
        errors=errors,
        missing=missing,
        information="expected" if errors == "expected" else "observed",
        parameters=parameters,
        covariance=by_row,
        n_clusters=sample.n_clusters,
        n_parameters=model.n_parameters,
        **{each.name: getattr(measures, each.name) for each in fields(measures)},
        r2=r2,
        r2_adjusted=r2_adjusted,
        gradient_norm=optimum.gradient_norm,
        converged=optimum.converged,
        flags=(
            *remarks,
            *flags.on_errors(problem, errors),
            *flags.on_fit(problem, optimum, measures),
        ),
        core=Core(problem, optimum, covariance),
    )


def _count_groups(data: pd.DataFrame | Prepared, group: str | None) -> int:
    if isinstance(data, Prepared):
        return len(data.sample.groups)
    if group is None:
        return 1
    if group not in data.columns:
        raise ModelError(
            f"group={group!r} is no column of the data, which hold {len(data.columns)}: "
            f"{', '.join(shown_names(data.columns))}."
        )
    checks.fail_if_column_is_repeated([group], data)
    return len(checks.codes(data[group], "groups")[1])


def fail_if_not_converged(fits: Iterable[SemFit], error: type[OabError] = EstimationError) -> None:
    """Raise `error` where a search did not end at an optimum, so that its numbers are no estimates.

    The one guard of all that computes further from fits; `comparable` calls it for what compares
    and pools.
    """
    listed = list(fits)
    unfinished = sum(not each.converged for each in listed)
    if unfinished:
        raise error(
            f"{unfinished} of {len(listed)} fits did not converge, so that their numbers are no "
            "estimates; read their flags, and mend or leave out those first."
        )


def fail_if_no_fit(given: object) -> None:
    """Raise for anything but one fit that converged, in functions that take one.

    ModelError for another object, EstimationError for a search that ended at no optimum.
    """
    if not isinstance(given, SemFit):
        several = isinstance(given, Iterable) and not isinstance(given, pd.DataFrame | str)
        hint = "; give them one by one, or pool them by oablib.pooling" if several else ""
        raise ModelError(
            f"Found an object of type {type(given).__name__}; expected one fit, as sem.fit returns "
            f"it{hint}."
        )
    fail_if_not_converged([given])
