"""What stands in a model's file, and where: every fault is told with its file and line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from oablib import params
from oablib.base.errors import ModelError
from oablib.params import strict_yaml
from oablib.params.strict_yaml import YamlFile

EXTENDS = "extends"
ROLES = ("scaled", "dummies", "numeric", "school_means")
LISTS = ("imputed", "numeric", "direct", "indirect", "auxiliary", "confounders", "candidates")
EFFECTS = ("fixed_effects", "standardised_effects")
MAPPINGS = ("scaled", "dummies", "school_means", "fixed_values", *EFFECTS)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The fields of a model, those of the file that it extends among them.

    origins: field -> name of the model whose file has it, and that file. chain: names of the
    files, the model's own first.
    """

    name: str
    values: Mapping[str, Any]
    origins: Mapping[str, tuple[str, YamlFile]]
    chain: tuple[str, ...]

    def where(self, *way: str | int) -> str:
        """File and line of a value, such as ("direct", 2)."""
        name, file = self.origins.get(str(way[0]), (self.name, None)) if way else (self.name, None)
        return f"params/models/{name}.yaml line {file.line(*way) if file else 1}"


def read(name: str) -> ModelFile:
    """Read params/models/<name>.yaml; a file that it `extends` gives the fields it leaves out.

    Raises ParameterError when a file is absent or no strict YAML, ModelError when files extend
    each other in a circle.
    """
    values: dict[str, Any] = {}
    origins: dict[str, tuple[str, YamlFile]] = {}
    chain: tuple[str, ...] = ()
    parent: Any = name
    while parent is not None:
        if parent in chain:
            raise ModelError(
                f"params/models/{chain[-1]}.yaml: models extend each other in a circle: "
                f"{' -> '.join((*chain, parent))}."
            )
        content = strict_yaml.read(params.named_file("models", str(parent)))
        own = {key: each for key, each in content.values.items() if key != EXTENDS}
        values = own | values
        origins = {key: (str(parent), content) for key in own} | origins
        chain = (*chain, str(parent))
        parent = content.values.get(EXTENDS)
    if origins.get("candidates", (name,))[0] != name:
        values["candidates"] = _still_candidates(values)
    return ModelFile(name, values, origins, chain)


def _still_candidates(values: Mapping[str, Any]) -> list[Any]:
    """Candidates of a file that is extended, without the paths that the extension has."""
    ends = {values.get("mediator"): values.get("indirect", [])}
    pairs = [(text, split_path(text)) for text in values["candidates"]]
    return [text for text, pair in pairs if not pair or pair[1] not in ends.get(pair[0], [])]


def fail_if_fields_are_unfit(file: ModelFile, *, known: set[str], needed: set[str]) -> None:
    """Raise ModelError for fields that are missing, empty or unknown."""
    missing, unknown = sorted(needed - set(file.values)), sorted(set(file.values) - known)
    if missing or unknown:
        raise ModelError(
            f"{file.where(*unknown[:1])}: missing {missing}, unknown {unknown}; expected "
            f"{sorted(needed)}, and where wanted {sorted(known - needed)}."
        )
    misshapen = [text for key, value in file.values.items() if (text := _expected(key, value))]
    if misshapen:
        key = misshapen[0].partition(" ")[0]
        raise ModelError(f"{file.where(key)}: {'; '.join(misshapen)}.")
    empty = [key for key in ("outcome", "mediator", "cluster") if not file.values[key]]
    if empty:
        raise ModelError(
            f"{file.where(empty[0])}: {', '.join(empty)} is empty; name the column of the cohort."
        )


def _expected(key: str, value: Any) -> str:
    """What a field should look like; empty where it does."""
    if key in LISTS:
        fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return "" if fits else f"{key} is no list; expected names such as [one, two]"
    if key not in MAPPINGS:
        return "" if isinstance(value, str) else f"{key} is no text; put it in quotes"
    if not isinstance(value, dict):
        return f"{key} is no mapping; expected pairs such as {{name: value}}"
    if key == "dummies" and not all(isinstance(e, list) and len(e) == 2 for e in value.values()):
        return "dummies hold other than pairs; expected {name: [column, category]}"
    if key == "scaled" and not all(sign in (1, -1) for sign in value.values()):
        return "scaled holds other signs than 1 and -1"
    return ""


def fail_if_paths_are_unfit(file: ModelFile) -> None:
    """Raise ModelError unless each path leads from a defined predictor, once, and in no circle."""
    faults = [*_circles(file), *_equation_faults(file), *_candidate_faults(file)]
    if faults:
        raise ModelError("\n".join(faults))


def fail_if_fixed_value_is_unfit(file: ModelFile) -> None:
    """Column and number are checked here, the category where the codebook is at hand."""
    fixed, where = file.values.get("fixed_values", {}), file.where("fixed_values")
    columns = [column for column in fixed if column not in file.values["scaled"]]
    if columns:
        raise ModelError(
            f"{where}: fixed_values names {columns}; expected columns that get scale values: "
            f"{sorted(file.values['scaled'])}."
        )
    numbers = [number for column in fixed.values() for number in column.values()]
    unfit = [number for number in numbers if type(number) not in (int, float)]
    if unfit:
        raise ModelError(
            f"{where}: fixed_values holds {len(unfit)} that are no numbers; expected points "
            "of the outcome, as in `education_mother: {mbo4: 7.5}`."
        )


def fail_if_fixed_effect_is_unfit(file: ModelFile) -> None:
    """Raise ModelError unless effects set by hand are numbers of predictors in `direct`."""
    for key in EFFECTS:
        told = file.values.get(key, {})
        strange = sorted(set(told) - set(file.values["direct"]))
        if strange:
            raise ModelError(
                f"{file.where(key, strange[0])}: {key} names {strange}; expected predictors in "
                f"direct: {file.values['direct']}."
            )
        unfit = [name for name, number in told.items() if type(number) not in (int, float)]
        if unfit:
            raise ModelError(f"{file.where(key, unfit[0])}: {key} of {unfit} are no numbers.")


def named_columns(file: ModelFile) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every column of the cohort that the file names, and the way to it."""
    values = file.values
    for key in ("outcome", "mediator", "cluster", "wave"):
        if values[key]:
            yield (key,), values[key]
    for key in ("imputed", "numeric", "auxiliary"):
        yield from (((key, place), column) for place, column in enumerate(values[key]))
    yield from ((("scaled", column), column) for column in values["scaled"])
    yield from ((("dummies", name), column) for name, (column, _) in values["dummies"].items())
    means = values["school_means"]
    # The mean of a scaled column is read from its scale, that of any other from the column.
    yield from ((("school_means", name), means[name]) for name in means)


def split_path(text: object) -> tuple[str, str] | None:
    """Left and right side of a path such as `nscct ~ origin`; None when it is not one."""
    parts = [part.strip() for part in str(text).split("~")]
    return (parts[0], parts[1]) if len(parts) == 2 and all(parts) else None


def sides(path: str) -> tuple[str, str]:
    """Left and right side of a path that was found to be one."""
    lhs, _, rhs = path.partition("~")
    return lhs.strip(), rhs.strip()


def _defined(file: ModelFile) -> set[str]:
    return {predictor for role in ROLES for predictor in file.values[role]}


def _circles(file: ModelFile) -> Iterator[str]:
    ends = {file.values["outcome"]: "outcome", file.values["mediator"]: "mediator"}
    roles = [*ROLES, "direct", "indirect"]
    for way, column in _sources(file):
        if way[0] in roles and column in ends:
            yield (
                f"{file.where(*way)}: circular path: {column} is the model's {ends[column]} and "
                "cannot be among its predictors; take it out."
            )


def _sources(file: ModelFile) -> Iterator[tuple[tuple[str | int, ...], str]]:
    yield from (each for each in named_columns(file) if each[0][0] in ROLES)
    for key in ("direct", "indirect"):
        yield from (((key, place), name) for place, name in enumerate(file.values[key]))


def _equation_faults(file: ModelFile) -> Iterator[str]:
    values, defined = file.values, _defined(file)
    ends = (values["outcome"], values["mediator"])
    for key in ("direct", "indirect"):
        for place, name in enumerate(values[key]):
            if name not in defined and name not in ends:
                yield (
                    f"{file.where(key, place)}: {key} names {name!r}, which the file does not "
                    f"define; defined are {', '.join(sorted(defined))}."
                )
            if name in values[key][:place]:
                yield f"{file.where(key, place)}: {key} names {name!r} twice; name it once."
    for key in ("indirect", "confounders"):
        for place, name in enumerate(values.get(key, [])):
            if name in defined and name not in values["direct"]:
                yield (
                    f"{file.where(key, place)}: {key} names {name!r}, which is not in direct; "
                    "add it there, so that its effect is not taken for one through the mediator."
                )
            if name not in defined and key == "confounders":
                yield f"{file.where(key, place)}: confounders names {name!r}, no predictor."


def _candidate_faults(file: ModelFile) -> Iterator[str]:
    values, defined = file.values, _defined(file)
    free = {values["outcome"]: {values["mediator"], *values["direct"]}}
    free[values["mediator"]] = set(values["indirect"])
    for place, text in enumerate(values.get("candidates", [])):
        where, path = file.where("candidates", place), split_path(text)
        if path is None or path[0] not in free:
            yield (
                f"{where}: candidate {text!r}; expected `{values['mediator']} ~ x` with x a "
                "predictor of the model."
            )
        elif path[1] in free[path[0]]:
            yield f"{where}: candidate `{text}` is a path that is already free; leave it out."
        elif path[1] in (values["outcome"], values["mediator"]):
            yield f"{where}: candidate `{text}` is a circular path; leave it out."
        elif path[1] not in defined:
            yield (
                f"{where}: candidate `{text}` names {path[1]!r}, which the file does not define; "
                f"defined are {', '.join(sorted(defined))}."
            )
        elif path[1] not in values["direct"]:
            yield f"{where}: candidate `{text}`: {path[1]} is not in direct; add it there first."
        elif text in values["candidates"][:place]:
            yield f"{where}: candidate `{text}` stands twice; name it once."
