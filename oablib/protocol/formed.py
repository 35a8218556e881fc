"""Predictors that are formed from other predictors: products, and curves of a numeric column.

In a model's file:

    products:
      income_x_single_parent: [household_income, single_parent]
      age_squared: [age - 11.5, age - 11.5]
    splines:
      income_curve: {of: household_income, knots: [10, 30, 50, 90]}

A number is subtracted from a factor only where the file says so. It changes the effects of the
factors (those of children at that number) and not that of the product of the highest order.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from oablib.base.errors import ModelError
from oablib.base.wording import did_you_mean
from oablib.params import kinds

if TYPE_CHECKING:
    from oablib.protocol.models import Model

ROLES = ("scaled", "dummies", "numeric", "school_means", "products", "splines")
"""Fields of a model that define its predictors."""
MOST_SCALED = 2
FEWEST_KNOTS = 3  # with two a natural spline is a straight line
_FACTOR = re.compile(r"(\w+)(?:\s*([+-])\s*(\d+(?:\.\d+)?))?")


@dataclass(frozen=True, slots=True)
class Factor:
    """A predictor as a factor of a product, less a number: `age - 11.5`."""

    name: str
    centre: float = 0.0


def _factor(text: str) -> Factor:
    match = _FACTOR.fullmatch(text.strip())
    if match is None:
        kinds.fail_if_any([((), f"{text!r} is no factor; expected `x`, or `x - 11.5`.")])
        raise AssertionError
    name, sign, number = match.groups()
    return Factor(name, float(number or 0) * (-1 if sign == "+" else 1))


Factors = tuple[Annotated[Factor, kinds.made(_factor, of=str)], ...]


@dataclass(frozen=True, slots=True)
class Spline(kinds.Declaration):
    """A natural cubic spline of a numeric predictor; a straight line beyond the outermost knots.

    of: the predictor, whose own effect is the line. knots: in its unit, three or more; those of
    the curve do not depend on the data, so that all imputations, waves and samples share it.
    """

    of: kinds.Text
    knots: tuple[kinds.Number, ...]

    def faults(self) -> Iterable[kinds.Fault]:
        """Knots that are too few or out of order."""
        if len(self.knots) < FEWEST_KNOTS:
            count = len(self.knots)
            yield ("knots",), f"knots has {count} numbers; expected {FEWEST_KNOTS} or more."
        pairs = enumerate(zip(self.knots, self.knots[1:], strict=False), start=1)
        for index, (before, after) in pairs:
            if after <= before:
                yield ("knots", index), f"knots: {after:g} follows {before:g}; expected a rise."

    def columns(self, name: str) -> tuple[str, ...]:
        """Names of the columns of a spline of this name, two fewer than knots."""
        return tuple(f"{name}_{number}" for number in range(1, len(self.knots) - 1))


def expanded(names: Iterable[str], splines: Mapping[str, Spline]) -> tuple[str, ...]:
    """The names, each spline's replaced by those of its columns."""
    parts = [splines[name].columns(name) if name in splines else (name,) for name in names]
    return tuple(column for part in parts for column in part)


def faults(model: "Model") -> Iterator[kinds.Fault]:
    """Products and splines that cannot be formed, or stand in an equation without their parts."""
    for name, factors in model.products.items():
        yield from _name_faults(name, "products", model)
        yield from _factor_faults(name, factors, model)
    for name, spline in model.splines.items():
        yield from _name_faults(name, "splines", model)
        if spline.of not in model.numeric:
            near = did_you_mean(spline.of, model.numeric)
            yield ("splines", name), f"{spline.of!r} is no predictor in numeric{near}"
    for key in ("direct", "indirect"):
        yield from _hierarchy_faults(key, getattr(model, key), model)
    yield from _confounder_faults(model)
    for name in model.standardised_effects:
        if name in model.products or name in model.spline_of:
            text = f"{name!r} is formed from others, and no standard deviation of it is published; "
            yield ("standardised_effects", name), f"{text}give its points in fixed_effects."


def fail_if_scores_are_out_of_reach(model: "Model") -> None:
    """Raise ModelError when a model multiplies imputed columns, and is to score a country.

    Drawn values of a country are kept as counts of each column, from which the mean of such a
    product over the draws does not follow.
    """
    for name in model.direct:
        factors = [factor.name for factor in model.products.get(name, ())]
        imputed = [each for each in factors if {*model.columns_of(each)} & {*model.imputed}]
        if len(imputed) > 1:
            raise ModelError(
                f"params/models/{model.name}.yaml: {name} multiplies {len(imputed)} imputed "
                f"variables ({', '.join(imputed)}); scores of a country's children can be computed "
                "with one at most. Take the product out of this model, or name no country."
            )


def candidate_fault(predictor: str, model: "Model") -> str:
    """What is wrong with a path from a product or spline that may be added, or nothing."""
    lacking = [name for name in needed_beside(predictor, model) if name not in model.indirect]
    if lacking:
        return f": {', '.join(lacking)} is not in indirect; add it there first."
    spline = model.splines.get(predictor)
    if spline and len(spline.columns(predictor)) > 1:
        return (
            f" is {len(spline.columns(predictor))} paths, and a selection adds them one by one; "
            f"take {FEWEST_KNOTS} knots, or add the spline to indirect."
        )
    return ""


def _name_faults(name: str, key: str, model: "Model") -> Iterator[kinds.Fault]:
    if not re.fullmatch(r"[A-Za-z]\w*", name):
        yield (key, name), f"{name!r} is no name; expected letters, digits and underscores."
    names = {name, *expanded((name,), model.splines)}
    for role in ROLES:
        others = {*getattr(model, role)} | {*expanded(getattr(model, role), model.splines)}
        if role != key and names & others:
            yield (key, name), f"{name!r} is defined in {role} as well; give it another name."


def _factor_faults(name: str, factors: Sequence[Factor], model: "Model") -> Iterator[kinds.Fault]:
    keys, names = ("products", name), [factor.name for factor in factors]
    if len(factors) < 2:
        yield keys, f"{name} has {len(factors)} factors; expected two or more."
    for index, factor in enumerate(names):
        if fault := _no_factor(factor, model):
            yield (*keys, index), fault
    scaled = [factor for factor in names if factor in model.scaled]
    if len(scaled) > MOST_SCALED:
        text = f"{name} has {len(scaled)} scaled factors; expected {MOST_SCALED} at most, since "
        yield keys, text + "their categories are all combined."
    twice = [each for each, count in Counter(names).items() if count > 1]
    for factor in twice:
        if factor in model.scaled:
            text = f"{factor} is scaled: its values follow the outcome already, so that a square "
            yield keys, text + "has no meaning; take the square out."
        if factor in model.dummies:
            yield keys, f"{factor} is 0 or 1, so that its square is itself; name it once."
    columns = Counter(model.dummies[each][0] for each in {*names} if each in model.dummies)
    for column, count in columns.items():
        if count > 1:
            text = f"{name} multiplies {count} categories of {column}, of which each child has one;"
            yield keys, f"{text} take the product out."


def _no_factor(name: str, model: "Model") -> str:
    """Why this cannot be a factor; empty when it can."""
    if name in model.numeric or name in model.dummies or name in model.scaled:
        return ""
    if name in (model.outcome, model.mediator):
        end = "outcome" if name == model.outcome else "mediator"
        return (
            f"{name} is the model's {end}; products with it are not offered, since effects through "
            "the mediator would then differ between children. Take it out."
        )
    if name in model.school_means:
        return f"{name} is a school mean; products with school means are not offered. Take it out."
    if name in model.products or name in model.splines:
        return f"{name} is formed itself; name the predictors that it is made of, each as a factor."
    known = [*model.numeric, *model.dummies, *model.scaled]
    return f"{name!r} is no predictor that the file defines{did_you_mean(name, known)}"


def needed_beside(predictor: str, model: "Model") -> list[str]:
    """Predictors that must stand beside this one: for a x b x c those of a x b, a x c and b x c.

    Without them the effect of the product takes in theirs (Nelder, 1977, J. R. Stat. Soc. A
    140:48).
    """
    spline = model.spline_of.get(predictor, predictor)
    if spline in model.splines:
        return [model.splines[spline].of]
    names = [factor.name for factor in model.products.get(predictor, ())]
    parts = []
    for index in range(len(names)):
        rest = names[:index] + names[index + 1 :]
        parts.append(rest[0] if len(rest) == 1 else _product_named(rest, model))
    return list(dict.fromkeys(parts))


def _product_named(names: list[str], model: "Model") -> str:
    """The product of exactly these, or in words what it would be."""
    for name, factors in model.products.items():
        if sorted(factor.name for factor in factors) == sorted(names):
            return name
    return f"a product of {' and '.join(names)}"


def _hierarchy_faults(key: str, names: Sequence[str], model: "Model") -> Iterator[kinds.Fault]:
    for index, name in enumerate(names):
        for part in needed_beside(name, model):
            if part not in names:
                text = f"{key} names {name!r} and not {part!r}; add that, so that the effect of "
                yield (key, index), f"{text}{name} does not take in its own."


def _confounder_faults(model: "Model") -> Iterator[kinds.Fault]:
    for index, name in enumerate(model.direct):
        if {*model.parts_of(name)} & {*model.confounders} and name not in model.confounders:
            text = f"{name!r} is formed from a confounder; add it to confounders, so that a "
            yield ("direct", index), f"{text}prediction leaves it out as well."
