"""Which engine fills which variables, with its settings: params/rules/imputation.yaml."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from oablib.base.errors import ParameterError
from oablib.base.shown import showable
from oablib.base.wording import did_you_mean
from oablib.params import checked, kinds

LEARNER = kinds.shaped(
    "Learner",
    kinds.each("num_iterations num_leaves min_data_in_leaf bagging_freq", kinds.Count)
    | kinds.each("learning_rate lambda_l1 lambda_l2", kinds.Positive)
    | kinds.each("feature_fraction bagging_fraction", kinds.Portion)
    | {"boosting": Literal["gbdt", "random_forest", "dart"], "max_depth": int},
    may_lack=True,
)
"""Parameters of LightGBM, by its names; what is left out is as LightGBM has it."""

NEEDED = {"nominal": ("prior_sd",), "pmm": ("donors",), "forest": ("match", "donors", "learner")}
"""Engine -> its settings, under the names that it gives them."""


@dataclass(frozen=True, slots=True)
class Settings(kinds.Declaration):
    """An engine and its settings."""

    engine: Literal["nominal", "pmm", "forest"]
    prior_sd: Annotated[kinds.Positive | None, kinds.IF_GIVEN] = None
    donors: Annotated[kinds.Count | None, kinds.IF_GIVEN] = None
    match: Annotated[Literal["fast", "normal"] | None, kinds.IF_GIVEN] = None
    learner: Annotated[Mapping[str, Any] | None, kinds.like(LEARNER)] = None

    def faults(self) -> Iterable[kinds.Fault]:
        """Settings that the engine lacks, or does not know."""
        for name in ("prior_sd", "donors", "match", "learner"):
            is_given, is_needed = getattr(self, name) is not None, name in NEEDED[self.engine]
            if is_given and not is_needed:
                yield (name,), f"the engine {self.engine} does not know {name}"
            if is_needed and not is_given:
                yield (), f"{name} is missing, which the engine {self.engine} needs"


Engine = Annotated[Mapping[str, Any], kinds.like(Settings)]


@showable()
@dataclass(frozen=True, slots=True)
class Rule(kinds.Declaration):
    """One entry of params/rules/imputation.yaml: engine and settings for levels, for numbers."""

    name: kinds.OwnName
    category: Engine
    number: Engine


@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """The file."""

    default: kinds.Text
    engines: Annotated[Mapping[str, Rule], kinds.NAMED]

    def faults(self) -> Iterable[kinds.Fault]:
        """A default that is no entry."""
        if self.default not in self.engines:
            yield (
                ("default",),
                f"no engine {self.default!r}{did_you_mean(self.default, self.engines)}",
            )


DECLARED = Rules


def engine_names() -> list[str]:
    """Names of the rules, in the order of the file."""
    return list(checked.read("rules", "imputation", Rules).engines)


def rule(name: str = "") -> Rule:
    """The rule of this name; the default one for an empty name.

    Raises ParameterError naming every fault with its line, and, with the nearest name, when there
    is no rule of this name.
    """
    rules = checked.read("rules", "imputation", Rules)
    chosen = name or rules.default
    if chosen not in rules.engines:
        near = did_you_mean(chosen, rules.engines)
        raise ParameterError(f"params/rules/imputation.yaml has no engine {chosen!r}{near}")
    return rules.engines[chosen]
