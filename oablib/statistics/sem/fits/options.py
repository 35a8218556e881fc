"""Options of `fit`: which values there are, what lavaan's words mean here, what contradicts."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_args

from oablib.base.errors import ModelError
from oablib.base.wording import did_you_mean
from oablib.statistics.sem import arguments
from oablib.statistics.sem.data.design import Design
from oablib.statistics.sem.results.inference import Errors
from oablib.statistics.sem.text.spec import Likelihood

# lavaan's estimators that are fitted here, and the errors they go with; the first by default.
ESTIMATORS: Mapping[str, tuple[Errors, ...]] = {"ML": ("expected", "observed"), "MLR": ("robust",)}
# lavaan's words for what is done with missing values; the first three are ours too.
MISSING = {
    "error": "error", "listwise": "listwise", "fiml": "fiml", "ml": "fiml", "direct": "fiml",
}  # fmt: skip
_OTHER_MISSING = {
    **dict.fromkeys(("ml.x", "fiml.x", "direct.x"), "use fiml with likelihood='joint'"),
    **dict.fromkeys(
        ("two.stage", "robust.two.stage", "pairwise", "available.cases", "doubly.robust"),
        "fiml uses the same rows, with errors that count what is missing",
    ),
}
_NUMBERS_ONLY = (
    "all variables are numbers here; for ordered categories use lavaan (estimator WLSMV) in R, or "
    "give the categories scale values or dummies"
)
_IN_TEXT = "write it in the model text, which goes before every default"
_SEARCH = "leave it out: the search ends where the score is zero, or says that it did not"
_ROWS = "give the rows as a data frame: robust errors need them"
# What users of lavaan and of semopy type, and what to use instead; dots written as _.
INSTEAD: Mapping[str, str] = {
    "ordered": _NUMBERS_ONLY,
    "parameterization": _NUMBERS_ONLY,
    "se": "use errors='robust', 'observed' or 'expected' ('standard' is 'expected'); sem.effects "
    "draws intervals of effects, and for a bootstrap fit resampled rows",
    "bootstrap": "fit resampled rows, or use errors='robust' and, for effects, sem.effects(fit, "
    "draws=20000)",
    "test": "leave it out: fit.chi2 is the plain and fit.chi2_scaled the scaled test "
    "(yuan.bentler.mplus)",
    "information": "use errors='observed' or errors='expected'",
    "fixed_x": "use likelihood='conditional' for TRUE and likelihood='joint' for FALSE",
    "conditional_x": "use likelihood='conditional'",
    "meanstructure": "use mean_structure=",
    "sampling_weights": "use weights=",
    "group_equal": "use equal=",
    "group_partial": "give the parameter a label for each group, as in `c(a1, a2)*x`: it is then "
    "free of equal=",
    "group_label": "leave it out: groups are in alphabetical order; drop the rows of others",
    "std_lv": "write `f =~ NA*x1 + x2 + x3` and `f ~~ 1*f` in the model text",
    "std_ov": "leave it out: the column std and sem.standardized(fit) are standardised",
    "orthogonal": "write `f ~~ 0*g` in the model text",
    "optim_bounds": "use bounds= by name, or write lower(0)*x or upper(1)*x in the model text",
    "start": "write start(0.5)*x in the model text",
    "constraints": "write them in the model text",
    "sample_cov": _ROWS,
    "sample_mean": _ROWS,
    "sample_nobs": _ROWS,
    "cov": _ROWS,
    "n_samples": _ROWS,
    "control": _SEARCH,
    "optim_method": _SEARCH,
    "obj": _SEARCH,
    "solver": _SEARCH,
    "verbose": "leave it out: fit.flags and fit.summary() say what there is to say",
    "warn": "leave it out: fit.flags and fit.summary() say what there is to say",
}
_OTHER_ESTIMATORS = {
    "MLM": "MLR has robust errors and a scaled test, and needs no complete theory of its own",
    "MLMV": "MLR has robust errors and a scaled test",
    "MLMVS": "MLR has robust errors and a scaled test",
    "MLF": "use errors='observed' or 'robust'",
    "WLSMV": _NUMBERS_ONLY,
    "DWLS": _NUMBERS_ONLY,
    "WLS": "use MLR, which allows for other distributions too",
    "ULS": "use ML or MLR",
    "GLS": "use ML or MLR",
    "PML": _NUMBERS_ONLY,
}


def fail_if_unknown(unknown: Mapping[str, object], function: Callable[..., object]) -> None:
    """Raise ModelError for arguments that `function` does not have, with what to use instead."""
    for argument in unknown:
        name = argument.replace(".", "_")
        # auto.var, auto.cov.y, int.ov.free and their like say what a silent text means.
        automatic = name.startswith(("auto_", "int_ov", "int_lv"))
        advice = _IN_TEXT if automatic else INSTEAD.get(name)
        if advice:
            raise ModelError(f"{argument}= is no argument of sem.fit: {advice}.")
        keywords = inspect.signature(function).parameters.values()
        known = [each.name for each in keywords if each.kind is each.KEYWORD_ONLY]
        raise ModelError(f"{argument}= is no argument of sem.fit{did_you_mean(name, known)}")


def missing_of(missing: str, *, mean_structure: bool, prepared: bool) -> str:
    """What is done with missing values: "error", "listwise" or "fiml", by our name or lavaan's.

    Raises ModelError for other values, and where "fiml" lacks a mean structure or the rows.
    """
    found = MISSING.get(missing) if isinstance(missing, str) else None
    if found is None:
        advice = _OTHER_MISSING.get(missing) if isinstance(missing, str) else None
        raise ModelError(
            f"missing={arguments.quoted(missing)} is unknown; expected one of error, listwise, "
            f"fiml (lavaan's ml).{f' {missing}: {advice}.' if advice else ''}"
        )
    if found == "fiml" and not mean_structure:
        raise ModelError(
            "mean_structure=False leaves intercepts out, but missing='fiml' has to estimate them: "
            "means of incomplete columns depend on the model. Leave out mean_structure."
        )
    if found != "error" and prepared:
        raise ModelError(
            f"missing={missing!r} needs the rows, but prepared data hold sums over complete ones; "
            "give the data frame."
        )
    return found


def errors_of(estimator: str | None, errors: Errors | None, *, missing: str) -> Errors:
    """Kind of standard errors that both options ask for; robust ones if they are silent.

    estimator: "ML" or "MLR" in any case, as in lavaan, whose ML has errors of the observed
    information where missing is "fiml". Raises ModelError for other values, and
    where the two contradict each other.
    """
    if errors is not None:
        arguments.one_of("errors", errors, Errors)
    if estimator is None:
        return errors or "robust"
    name = estimator.upper() if isinstance(estimator, str) else ""
    if name not in ESTIMATORS:
        hint = f" {name}: {_OTHER_ESTIMATORS[name]}." if name in _OTHER_ESTIMATORS else ""
        raise ModelError(
            f"estimator={arguments.quoted(estimator)} is unknown; expected ML (errors of the "
            f"expected information, plain test) or MLR (robust errors, scaled test).{hint}"
        )
    kinds = ESTIMATORS[name]
    if errors not in (None, *kinds):
        raise ModelError(
            f"estimator={name!r} has errors {' or '.join(map(repr, kinds))}, but errors="
            f"{errors!r} is asked for; leave out one of the two."
        )
    if name == "ML" and missing == "fiml":
        return errors or "observed"
    return errors or kinds[0]


def fail_if_unfit(likelihood: str, errors: Errors, design: Design, *, mean_structure: bool) -> None:
    """Raise ModelError for values that an option cannot have, and for columns without effect."""
    arguments.one_of("likelihood", likelihood, Likelihood)
    arguments.switch("mean_structure", mean_structure)
    for role in ("cluster", "weights"):
        if errors != "robust" and getattr(design, role) is not None:
            raise ModelError(
                f"errors={errors!r} ignores {role}; use errors='robust' (estimator 'MLR') or leave "
                f"out {role}."
            )


def names(option: str, value: object, kinds: Any) -> tuple[Any, ...]:
    """What an option of one or several names holds, in one order; kinds: a Literal with all."""
    known = get_args(kinds)
    listed = arguments.texts(f"{option}=", value, f"some of {', '.join(known)}")
    unknown = [name for name in listed if name not in known]
    if unknown:
        raise ModelError(f"{option}={unknown} is unknown; expected {', '.join(known)}.")
    return tuple(name for name in known if name in listed)
