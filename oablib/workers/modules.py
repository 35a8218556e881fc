"""Modules of oablib that a piece of code imports, directly or not, each with a fingerprint.

A module counts whole, by its syntax: comments, docstrings and layout are no part of the
fingerprint. Files beside a module that asks where it is (`__file__`) count by their content.
"""

import ast
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

import oablib
from oablib.base import files
from oablib.base.files import sha256, text_digest
from oablib.params import cell

PACKAGE = Path(oablib.__file__).resolve().parent
COMPILED = "__pycache__"
CATALOGUE = ".po"
"""Suffix of translated texts, in a folder for each language."""
_SHORT = 12  # hexadecimal digits; enough to tell versions of one module apart


class _Module(NamedTuple):
    """What the syntax of one file says; names: those below oablib in its imports."""

    fingerprint: str
    names: list[str]
    asks_where_it_is: bool


def of_code(source: str) -> Mapping[str, str]:
    """Fingerprints of the modules that `source`, the code of a notebook, imports.

    Raises SyntaxError.
    """
    return of(*imported(source))


def imported(source: str) -> list[str]:
    """Modules of oablib that `source` itself imports, with the packages around them, by name.

    Raises SyntaxError.
    """
    return sorted(set(_loaded(_names(cell.parsed(source)))))


def of_cells(sources: Iterable[str]) -> list[str]:
    """The same of several cells, in the order in which they import them.

    A cell with a magic is not Python; what it imports is loaded when it runs.
    """
    names: list[str] = []
    for source in sources:
        with suppress(SyntaxError, ValueError):
            names += imported(source)
    return list(dict.fromkeys(names))


def of(*modules: str) -> Mapping[str, str]:
    """Fingerprints of these modules and all that they import: dotted name -> digest."""
    result: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in result:
            module = _modules()[name]
            beside = _beside(_paths()[name]) if module.asks_where_it_is else ""
            result[name] = text_digest(module.fingerprint + beside)[:_SHORT]
            waiting += _loaded(module.names)
    return dict(sorted(result.items()))


def source_digest() -> str:
    """The beginning of a fingerprint of all modules, to the last comment."""
    lines = (f"{name} {sha256(path)}" for name, path in _paths().items())
    return text_digest("\n".join(lines))[:_SHORT]


def _loaded(names: Iterable[str]) -> Iterator[str]:
    """The modules that are loaded for these names, with the packages around them."""
    for name in names:
        first, *rest = name.split(".")
        if rest and rest[0] in oablib.SHORT:
            rest[:1] = oablib.SHORT[rest[0]].split(".")
        parts = [first, *rest]
        prefixes = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
        yield from (module for module in prefixes if module in _paths())


@cache
def _paths() -> dict[str, Path]:
    """Dotted name -> file, of all modules."""
    paths = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        inner = parts[:-1] if parts[-1] == "__init__" else parts
        paths[".".join((oablib.__name__, *inner))] = path
    return paths


@cache
def _beside(module: Path) -> str:
    """Digests of files beside a module and below that are no modules.

    A file that has the name of another module, with another suffix, counts for that one alone.
    """
    paths = (path for path in sorted(module.parent.rglob("*")) if COMPILED not in path.parts)
    owners = {path: _namesake(path) for path in paths if path.is_file()}
    counted = (path for path, owner in owners.items() if owner == module or not owner.exists())
    return "".join(sha256(path) for path in counted if path.suffix != ".py")


def _namesake(path: Path) -> Path:
    """The module that has the name of a file: selection.py of selection.yaml, nl/selection.po."""
    folder = path.parents[1] if path.suffix == CATALOGUE else path.parent
    return folder / f"{path.stem}.py"


@cache
def _modules() -> dict[str, _Module]:
    """All modules. To read them takes a second, so they are stored beside compiled modules."""
    storage = Path(cache_from_source(str(PACKAGE / "modules.py"))).with_suffix(".json")
    made_from = f"{sys.version} {source_digest()}"
    stored = files.read_json(storage)
    if stored.get("made_from") == made_from:
        return {name: _Module(*values) for name, values in stored["modules"].items()}
    modules = {name: _read(path) for name, path in _paths().items()}
    if not sys.dont_write_bytecode:
        with suppress(OSError):
            storage.parent.mkdir(parents=True, exist_ok=True)
            files.write(storage, json.dumps({"made_from": made_from, "modules": modules}))
    return modules


def _read(path: Path) -> _Module:
    tree = cell.parsed(path.read_bytes())
    asks = any(isinstance(node, ast.Name) and node.id == "__file__" for node in ast.walk(tree))
    names = _names(tree)
    return _Module(text_digest(ast.dump(_WithoutTexts().visit(tree))), names, asks)


def _names(tree: ast.AST) -> list[str]:
    """Dotted names below oablib that imports mention, wherever in a text."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names.add(f"{node.value.id}.{node.attr}")  # oablib.sem, after `import oablib`
    return sorted(name for name in names if name.split(".")[0] == oablib.__name__)


class _WithoutTexts(ast.NodeTransformer):
    """Takes out texts that are statements: docstrings, and explanations below a constant."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        alone = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if alone else node
