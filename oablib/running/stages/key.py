"""What the result of a stage depends on, each part with a fingerprint, and the key of the whole.

Same key, same result: the code of the notebook, the modules of oablib that it imports, its
parameters, the rules that it reads, the content of its tables, the packages. Prose, comments and
the name of the run are no part of it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TypeAlias

from oablib import params
from oablib.base.errors import EnvironmentFault, ParameterError
from oablib.base.files import text_digest
from oablib.protocol import models_checks
from oablib.protocol.roles import Roles
from oablib.running.stages.declared import Stage
from oablib.workers import installed, modules

Values: TypeAlias = Mapping[str, str | int | float]
"""Parameters of a run, by name."""

MOST_REASONS = 6  # named in one line
CITING, BIBLIOGRAPHY = "rules/literature", "references.bib"
"""A rule whose entries cite sources, and the file of params that holds these."""

MODEL, VARIANTS = "model", "variants"
"""Parameters that name the models of a run."""

ROLES = "roles"
"""What a stage declares that asks the model for the roles of columns alone."""

EVERY_MODEL = "models/*"
"""Rule that means all models on the run's codebook."""

NOT_IN_KEY = frozenset({"run", "data", "country"})
"""Parameters that name the run, which may share its results, and that say where files are: of
these the content counts."""

NOT_COMPUTED = frozenset({"title", "title_nl", "source"})
"""Fields of a model that say what it is; nothing is computed from them."""


def values_of(stage: Stage, values: Values) -> dict[str, str | int | float]:
    """What of a run's parameters the stage is given; none of its models to one that reads all."""
    left_out = (MODEL, VARIANTS) if EVERY_MODEL in stage.rules else ()
    given = [name for name in stage.parameters if name in values and name not in left_out]
    return {name: values[name] for name in given}


def rule_files(stage: Stage, values: Values) -> dict[str, Path]:
    """Files of params that the stage may read: rules/imputation -> path.

    A model brings along the models that its file extends. Raises ParameterError when there is no
    such file, ModelError when models extend each other in a circle.
    """
    named = [
        f"{kind}/{stem}"
        for parameter, kind in params.KINDS.items()
        if parameter in stage.parameters
        for stem in params.files_of(parameter, str(values.get(parameter, "")))
    ]
    rules = [name for rule in stage.rules for name in _expanded(rule, values)]
    paths: dict[str, Path] = {}
    for name in (*named, *rules):
        kind, stem = _parts(name)
        stems = models_checks.read(stem).chain if kind == "models" else [stem]
        paths |= {f"{kind}/{name}": params.named_file(kind, name) for name in stems}
    return paths


def files(stage: Stage, values: Values) -> dict[str, Path]:
    """Path in a stage's folder -> file of params, the bibliography where entries cite it."""
    paths = {f"params/{name}.yaml": path for name, path in rule_files(stage, values).items()}
    if CITING in stage.rules:
        paths[f"params/{BIBLIOGRAPHY}"] = params.root() / "params" / BIBLIOGRAPHY
    return paths


def all_rule_files(stages: Iterable[Stage], values: Values) -> dict[str, Path]:
    """Files of params that any of the stages may read, by name; raises as `rule_files`."""
    return dict(sorted(item for stage in stages for item in rule_files(stage, values).items()))


def components(
    stage: Stage, values: Values, *, tables: Mapping[str, str], delivery: Mapping[str, str]
) -> dict[str, str]:
    """Each thing that the stage's result depends on, with its fingerprint.

    values: parameters of the run. tables: table -> digest, for those it reads. delivery: file ->
    digest, of the files that the run was given. Raises EnvironmentFault for code that is not
    Python, and as `rule_files`.
    """
    parts = {f"code cell {i}": text_digest(code) for i, code in enumerate(stage.code, start=1)}
    parts |= {f"module {name}": digest for name, digest in _imported(stage).items()}
    for name, value in values_of(stage, values).items():
        if name not in NOT_IN_KEY and not (name == MODEL and stage.model == ROLES):
            parts[f"parameter {name}"] = json.dumps(value)
    parts |= _model_parts(stage, values)
    for name, path in rule_files(stage, values).items():
        if not name.startswith("models/"):
            content = json.dumps(params.load_yaml(path), sort_keys=True, default=str)
            parts[f"rule {name}"] = text_digest(content)
    if CITING in stage.rules:
        text = (params.root() / "params" / BIBLIOGRAPHY).read_text(encoding="utf-8")
        parts[BIBLIOGRAPHY] = text_digest(text)
    parts |= {f"table {name}": digest for name, digest in tables.items()}
    parts |= {f"delivered {name}": digest for name, digest in delivery.items()}
    return parts | installed.machine()


def key(parts: Mapping[str, str]) -> str:
    """One fingerprint of all parts, 40 hexadecimal digits."""
    return text_digest(json.dumps(sorted(parts.items())))[:40]


def reasons(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Why a stage has to run: `parameter seed`, `module ... (new)`, `table cohort (gone)`.

    before: what it was made from in the last run, empty if it never ran.
    """
    if not before:
        return ["for the first time"]
    changed = []
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            note = (
                "" if name in before and name in now else " (gone)" if name in before else " (new)"
            )
            changed.append(f"{name}{note}")
    return changed or ["its result is no longer kept"]


def shown(reasons: Sequence[str]) -> str:
    """Reasons as one line; many are named in part and counted."""
    more = len(reasons) - MOST_REASONS
    return "; ".join([*reasons[:MOST_REASONS], *([f"{more} more"] if more > 0 else [])])


def _imported(stage: Stage) -> Mapping[str, str]:
    """Module -> fingerprint, of all modules of oablib that the notebook imports."""
    try:
        return modules.of_code("\n".join(stage.code))
    except SyntaxError as error:
        raise EnvironmentFault(
            f"A cell of {stage.stem} is not Python: {error.msg}. Correct it; magics (%...) and "
            "shell commands (!...) cannot be part of a run."
        ) from None


def _model_parts(stage: Stage, values: Values) -> dict[str, str]:
    """Content of the models that a stage reads, field by field.

    Of the run's model only the roles of columns count where the stage declares that: then the
    result is the same for every model that has these in common.
    """
    named = [
        name
        for parameter, kind in params.KINDS.items()
        if kind == "models" and parameter in stage.parameters
        if not (parameter == MODEL and stage.model == ROLES)
        for name in params.files_of(parameter, str(values.get(parameter, "")))
    ]
    if EVERY_MODEL in stage.rules:
        named += [rule.removeprefix("models/") for rule in _expanded(EVERY_MODEL, values)]
    parts: dict[str, str] = {}
    for name in dict.fromkeys(named):
        content = models_checks.read(name).values
        wanted = [field for field in content if field not in NOT_COMPUTED]
        parts |= {f"model {name}: {field}": _digest(content[field]) for field in wanted}
    if stage.model == ROLES:
        content = models_checks.read(str(values[MODEL])).values
        parts |= {f"role {role.name}": _digest(content.get(role.name)) for role in fields(Roles)}
    return parts


def _expanded(rule: str, values: Values) -> list[str]:
    """The rule, or all models on the run's codebook where it names every model."""
    if rule != EVERY_MODEL:
        return [rule]
    every = {name: models_checks.read(name).values for name in params.names("models")}
    return [f"models/{n}" for n in every if every[n].get("codebook") == str(values["codebook"])]


def _digest(value: object) -> str:
    return text_digest(json.dumps(value, default=str))


def _parts(name: str) -> tuple[str, str]:
    kind, slash, stem = name.partition("/")
    if not slash or kind not in ("rules", "models", "published"):
        raise ParameterError(
            f"A notebook's metadata name the rule {name!r}; expected rules/..., models/... or "
            "published/..., without .yaml."
        )
    return kind, stem
