"""Everything that two reports were made from and that differs between them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from oablib import params
from oablib.params import strict_yaml
from oablib.studies.changes.reports import Report, ReportPair

COLUMNS = ["kind", "name", "before", "after"]
NOTHING = "–"
_SINGLE = {"lock": "lock file", "commit": "commit", "python": "Python", "system": "system"}
_NAMING = ("run", "title", "title_nl", "languages")
_HASHES = frozenset({"lock", "commit"})
_SHORT = 12  # hexadecimal digits of a digest; enough to see that two differ


def causes(reports: ReportPair) -> pd.DataFrame:
    """Rows kind, name, before, after: parameters, rules, inputs, code, notebooks, surroundings.

    Rules by key, down to single values; code by definition; digests in their first digits.
    """
    return pd.DataFrame(list(_rows(reports)), columns=COLUMNS)


def rule_values(report: Report) -> dict[str, str]:
    """Every value of every rule file of a report: `model direct[0]`, `rules/imputation default`.

    A file that a parameter names has the parameter's name, so that two models can be compared.
    """
    parameters = report.manifest["parameters"]
    single = {role: kind for role, kind in params.KINDS.items() if role not in params.SEVERAL}
    # A report of an earlier version lacks parameters that have come since.
    roles = {
        f"{kind}/{parameters[role]}": role for role, kind in single.items() if role in parameters
    }
    values: dict[str, str] = {}
    for path in sorted((report.folder / "params").glob("*/*.yaml")):
        name = f"{path.parent.name}/{path.stem}"
        pairs = _flat(strict_yaml.read(path).values)
        values |= {f"{roles.get(name, name)} {key}": text for key, text in pairs}
    return values


def _rows(reports: ReportPair) -> Iterator[tuple[str, str, str, str]]:
    before, after = reports.before.manifest, reports.after.manifest
    yield from _differing("parameter", _parameters(before), _parameters(after))
    yield from _differing("rule", rule_values(reports.before), rule_values(reports.after))
    yield from _differing("input", _digests(before["inputs"]), _digests(after["inputs"]))
    yield from _differing("code", before["code"], after["code"])
    for part in ("code", "text"):
        digests = (
            _digests({stem: parts[part] for stem, parts in manifest["notebooks"].items()})
            for manifest in (before, after)
        )
        yield from _differing(f"notebook, its {part}", *digests)
    yield from _differing("package", before["packages"], after["packages"])
    for key, kind in _SINGLE.items():
        values = [{kind: str(manifest[key])} for manifest in (before, after)]
        yield from _differing(kind, *(map(_digests, values) if key in _HASHES else values))


def _parameters(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Without those that only give the run its name, and its reports their language."""
    parameters = manifest["parameters"].items()
    return {key: value for key, value in parameters if key not in _NAMING}


def _digests(whole: Mapping[str, str]) -> dict[str, str]:
    return {name: digest[:_SHORT] for name, digest in whole.items()}


def _differing(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, str]]:
    for name in dict.fromkeys([*before, *after]):
        # Absent and empty are shown alike; 0 and False are values.
        pair = [values.get(name, "") for values in (before, after)]
        one, other = (NOTHING if value == "" else str(value) for value in pair)
        if one != other:
            yield kind, name, one, other


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Pairs of a dotted key and a text, for each single value."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{key}[{number}]")
    else:
        yield key, str(value)
