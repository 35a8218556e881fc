"""Modules of oablib that a piece of code imports, directly or not, each with a fingerprint.

A module counts whole, by its syntax: comments, docstrings and layout are no part of the
fingerprint. Files beside a module that asks where it is (`__file__`) count by their content.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import oablib
from oablib.base.files import sha256, text_digest

PACKAGE = Path(oablib.__file__).resolve().parent
COMPILED = "__pycache__"
_SHORT = 12  # hexadecimal digits; enough to tell versions of one module apart


def of_code(source: str) -> Mapping[str, str]:
    """Fingerprints of the modules that `source`, the code of a notebook, imports.

    Raises SyntaxError.
    """
    return of(*_imported(ast.parse(source)))


def of(*modules: str) -> Mapping[str, str]:
    """Fingerprints of these modules and all that they import: dotted name -> digest."""
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found[module], imports = _read(module)
            waiting += imports
    return dict(sorted(found.items()))


@cache
def _read(module: str) -> tuple[str, tuple[str, ...]]:
    """Fingerprint of one module, and what it imports."""
    path = _file(module)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = tuple(_imported(tree))
    beside = _beside(path.parent) if _asks_where_it_is(tree) else ""
    return text_digest(ast.dump(_WithoutTexts().visit(tree)) + beside)[:_SHORT], imports


def _imported(tree: ast.AST) -> Iterator[str]:
    """Modules of oablib that a text imports, wherever in it, and the packages around them."""
    named: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            named |= set(_behind(node.module, (each.name for each in node.names)))
    for module in sorted(named):
        parts = module.split(".")
        if parts[0] == oablib.__name__:
            yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _behind(base: str, names: Iterable[str]) -> Iterator[str]:
    """What `from base import names` loads; a short name stands for its module."""
    for name in names:
        inner = f"{base}.{name}"
        if base == oablib.__name__ and name in oablib.SHORT:
            yield f"{base}.{oablib.SHORT[name]}"
        else:
            yield inner if base.startswith(oablib.__name__) and _file(inner).is_file() else base


@cache
def _file(module: str) -> Path:
    place = PACKAGE.joinpath(*module.split(".")[1:])
    package = place / "__init__.py"
    return package if package.is_file() else place.with_suffix(".py")


def _asks_where_it_is(tree: ast.AST) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__file__" for node in ast.walk(tree))


@cache
def _beside(folder: Path) -> str:
    """Digests of the files in a folder and below that are no modules."""
    files = (path for path in sorted(folder.rglob("*")) if COMPILED not in path.parts)
    return "".join(sha256(path) for path in files if path.is_file() and path.suffix != ".py")


class _WithoutTexts(ast.NodeTransformer):
    """Takes out texts that stand alone: docstrings, and explanations below a constant."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        alone = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if alone else node
