"""What an entry of the literature must hold; every fault is told with its file and line."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from oablib import params
from oablib.base.errors import LiteratureError
from oablib.base.wording import did_you_mean
from oablib.params import strict_yaml
from oablib.params.strict_yaml import YamlFile
from oablib.protocol.models_checks import split_path

Grounding = Literal["accepted", "insufficient", "rejected"]
Direction = Literal["positive", "negative", "mixed", "unknown"]
Measure = Literal["explained variance", "effect size"]

NEEDED = ("path", "direction", "population", "sources", "grounding", "reason", "judge")


def read(name: str) -> dict[str, Any]:
    """Read params/rules/<name>.yaml; raises as literature.load."""
    file = strict_yaml.read(params.named_file("rules", name))
    place = f"params/rules/{name}.yaml"
    faults = [f"{place} line {line}: {text}" for line, text in _faults(file)]
    if faults:
        raise LiteratureError("\n".join(faults))
    return file.values


def _faults(file: YamlFile) -> Iterator[tuple[int, str]]:
    concepts, claims = file.values.get("concepts"), file.values.get("claims")
    if not isinstance(concepts, dict) or not isinstance(claims, dict):
        yield 1, "expected two mappings, `concepts` and `claims`."
        return
    for name, told in concepts.items():
        if not isinstance(told, dict) or set(told) != {"label", "columns"}:
            yield (
                file.line("concepts", name),
                f"concept {name}; expected {{label: ..., columns: [...]}}.",
            )
    known = frozenset(bibliography())
    for name, told in claims.items():
        for key, text in _claim_faults(told, concepts=concepts, known=known):
            yield file.line("claims", name, *key), f"claim {name}: {text}"


def _claim_faults(
    told: Any, *, concepts: Mapping[str, Any], known: frozenset[str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Faults of one claim, each with the way to it inside the claim."""
    if not isinstance(told, dict) or not set(NEEDED) <= set(told) <= {*NEEDED, "size"}:
        found = set(told) if isinstance(told, dict) else set()
        yield (
            (),
            f"missing {sorted(set(NEEDED) - found)}, unknown "
            f"{sorted(found - {*NEEDED, 'size'})}; expected {', '.join(NEEDED)}, and where the "
            "source gives one, size.",
        )
        return
    yield from _path_faults(told["path"], concepts)
    for key, kind in (("direction", Direction), ("grounding", Grounding)):
        if told[key] not in get_args(kind):
            yield (key,), f"{key} is {told[key]!r}; expected {', '.join(get_args(kind))}."
    sources = told["sources"]
    if not isinstance(sources, dict) or not sources:
        yield ("sources",), "has no source; expected {key of params/references.bib: place}."
    else:
        for key in (each for each in sources if each not in known):
            near = did_you_mean(str(key), known)
            yield ("sources", str(key)), f"source {key!r} is not in params/references.bib{near}"
    empty = [key for key in ("population", "reason", "judge") if not str(told[key] or "").strip()]
    if empty:
        yield (empty[0],), f"{', '.join(empty)} is empty; write a text behind it."
    yield from _size_faults(told.get("size"))


def _path_faults(
    path: object, concepts: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], str]]:
    ends = split_path(path)
    if ends is None:
        yield ("path",), f"path is {path!r}; expected `effect ~ cause`."
        return
    for name in ends:
        if name not in concepts:
            near = did_you_mean(name, concepts)
            yield ("path",), f"path names the concept {name!r}, which is not defined{near}"
    if ends[0] == ends[1]:
        yield ("path",), f"`{path}` is a circular path; expected two different concepts."


def _size_faults(size: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    if size is None:
        return
    fields = {"measure", "low", "high", "grade"}
    if not isinstance(size, dict) or set(size) != fields:
        yield ("size",), f"size; expected {{{', '.join(sorted(fields))}}}."
    elif size["measure"] not in get_args(Measure):
        expected = ", ".join(get_args(Measure))
        yield ("size", "measure"), f"measure is {size['measure']!r}; expected {expected}."
    elif any(type(size[end]) is not float for end in ("low", "high")) or size["low"] > size["high"]:
        yield ("size",), "low and high; expected two numbers with a point, the lower first."


def bibliography() -> dict[str, str]:
    """Entries of params/references.bib: key -> authors and year, as "Reynders et al. (2005)"."""
    path = params.root() / "params" / "references.bib"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    entries = re.split(r"^@\w+\{", text, flags=re.MULTILINE)[1:]
    return {entry.partition(",")[0].strip(): _short_citation(entry) for entry in entries}


def _short_citation(entry: str) -> str:
    told = dict(re.findall(r"^\s*(author|year)\s*=\s*\{(.*)\},?\s*$", entry, flags=re.MULTILINE))
    people = [each.partition(",")[0].strip() for each in told.get("author", "").split(" and ")]
    names = [name.replace("{", "").replace("}", "") for name in people]
    shown = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
    return f"{shown} ({told.get('year', 'no year')})"
