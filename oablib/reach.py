"""Which definitions of oablib a piece of code can reach, and a fingerprint of each.

Read from the source, not from a run: a definition is reached when a reached one names it. Where
the text leaves open what is meant, too much is taken and never too little: a method counts as
soon as its name stands anywhere behind a dot or in quotes, a module used as a value counts whole.
Comments, docstrings and layout do not count.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from oablib import reach_library
from oablib.reach_source import BODY, Definition, Name, add_module, dotted


@dataclass(frozen=True, slots=True)
class Reach:
    """definitions: name as oablib.module.definition -> fingerprint. attributes: behind dots."""

    definitions: Mapping[str, str]
    attributes: frozenset[str]


def of_code(source: str) -> Reach:
    """What `source`, the code of a notebook, can reach. Raises SyntaxError."""
    tree = ast.parse(source)
    own: dict[Name, Definition] = {}
    add_module("", tree, package="", into=own)
    used = [each for each in own.values() if each.source]  # an import alone uses nothing
    return _closure({name for each in used for name in each.names}, used)


def of(*names: str) -> Reach:
    """What definitions, written as `module.name` below oablib, can reach."""
    parts = (name.rpartition(".") for name in names)
    return _closure({(f"oablib.{module}", name) for module, _, name in parts}, ())


def _closure(wanted: Iterable[Name], seen: Iterable[Definition]) -> Reach:
    """Follow names until nothing new turns up; methods join when their name has been seen."""
    known, found = reach_library.definitions(), dict[Name, Definition]()
    attributes = set[str]().union(*(each.attributes for each in seen))
    texts = set[str]().union(*(each.texts for each in seen))
    waiting = list(wanted)
    while waiting:
        for name in _resolved(waiting.pop(), known):
            if name not in found:
                found[name] = known[name]
                attributes |= known[name].attributes
                texts |= known[name].texts
                waiting += [*known[name].names, (name[0], BODY)]
        if not waiting:
            waiting = [
                method
                for each in found.values()
                for called, method in each.methods.items()
                if (called in attributes or called in texts or called.startswith(("__", "_repr_")))
                and method not in found
            ]
    # A module may share its dotted name with what a package exports under the same name.
    prints = {dotted(name): found[name].source for name in found if found[name].source}
    return Reach(dict(sorted(prints.items())), frozenset(attributes))


def _resolved(name: Name, known: Mapping[Name, Definition]) -> Iterator[Name]:
    """The definitions behind a name; all of a module where the module itself is meant."""
    if name in known:
        yield name
        return
    module = dotted(name)
    if (module, BODY) in known:
        yield from (each for each in known if each[0] == module)
