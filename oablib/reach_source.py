"""What each definition of a module names, read from its text.

Where the text leaves open what is meant, too much is taken and never too little.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeAlias

import oablib
from oablib.digest import text_digest

PACKAGE = Path(oablib.__file__).resolve().parent
BODY = ""  # what a module does when it is loaded, beside defining names
COMPILED = "__pycache__"
_SHORT = 12  # hexadecimal digits; enough to tell versions of one definition apart

Name: TypeAlias = tuple[str, str]  # module and definition, or Class.method
Scope: TypeAlias = dict[str, set[Name]]


@dataclass(slots=True)
class Definition:
    """What one definition names: others, by module and name, attributes, and texts in quotes.

    source: its syntax tree as text, or the fingerprint of that. methods: name -> where it stands.
    """

    names: set[Name] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    source: str = ""
    methods: dict[str, Name] = field(default_factory=dict)


def fingerprint(text: str) -> str:
    """The same for the same text."""
    return text_digest(text)[:_SHORT]


def dotted(name: Name) -> str:
    """A name as it would be imported."""
    return ".".join(part for part in name if part)


def add_module(
    module: str,
    tree: ast.Module,
    *,
    package: str,
    into: dict[Name, Definition],
    folder: Path | None = None,
) -> None:
    """Add the definitions of one module under (module, name)."""
    tree = _WithoutTexts().visit(tree)
    scope: Scope = defaultdict(set)  # two functions may import two things under one name
    for name, target in _imports(tree, package=package):
        scope[name].add(target)
        # An imported name can be imported from here in its turn.
        into.setdefault((module, name), Definition()).names.add(target)
    statements = [(list(_defined(each)), each) for each in tree.body]
    for name in (name for names, _ in statements for name in names):
        scope[name].add((module, name))
    into[module, BODY] = Definition()
    for names, statement in statements:
        for name in names or [BODY]:
            definition = into.setdefault((module, name), Definition())
            _read(statement, definition, scope=scope, folder=folder)
            if isinstance(statement, ast.ClassDef):
                _add_methods(statement, (module, name), scope=scope, into=into, folder=folder)


def _add_methods(
    node: ast.ClassDef,
    name: Name,
    *,
    scope: Scope,
    into: dict[Name, Definition],
    folder: Path | None,
) -> None:
    for method in _methods(node):
        own = (name[0], f"{name[1]}.{method.name}")
        into[own] = Definition()
        _read(method, into[own], scope=scope, folder=folder)
        into[name].methods[method.name] = own
    if node.bases or node.keywords:
        # Code outside may call what a class inherits or overrides.
        into[name].names |= set(into[name].methods.values())


def _methods(node: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    body = node.body if isinstance(node, ast.ClassDef) else []
    return [each for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]


def _imports(tree: ast.Module, *, package: str) -> Iterator[tuple[str, Name]]:
    """Names bound by imports of oablib, wherever they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, *filter(None, [node.module])]) if node.level else node.module
            if base and base.split(".")[0] == "oablib":
                yield from ((each.asname or each.name, (base, each.name)) for each in node.names)
        elif isinstance(node, ast.Import):
            for each in node.names:
                if each.name.split(".")[0] == "oablib":
                    yield each.asname or "oablib", (each.name if each.asname else "oablib", BODY)


def _defined(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top of a module defines; imports are not among them."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.If | ast.Try | ast.With | ast.For):
        for inner in ast.iter_child_nodes(statement):
            if isinstance(inner, ast.stmt):
                yield from _defined(inner)
    else:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _read(statement: ast.AST, into: Definition, *, scope: Scope, folder: Path | None) -> None:
    """Add what a statement names, and its text, to a definition; methods are read apart."""
    left_out = {id(method) for method in _methods(statement)}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        if id(node) in left_out:
            continue
        inner = list(_parts(node))
        if isinstance(node, ast.Attribute):
            into.attributes.add(node.attr)
            meant = scope.get(node.value.id, set()) if isinstance(node.value, ast.Name) else set()
            modules = {each for each in meant if is_module(each)}
            into.names |= {(dotted(each), node.attr) for each in modules} | (meant - modules)
            inner = [] if meant else inner
        elif isinstance(node, ast.Name) and node.id in scope:
            into.names |= scope[node.id]
        elif isinstance(node, ast.Name) and node.id == "__file__" and folder is not None:
            into.source += beside(folder)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            into.texts.add(node.value)
        waiting += inner
    into.source += _dump(statement, left_out)


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node but for annotations: an object comes from code that makes it."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        parts = value if isinstance(value, list) else [value]
        yield from (each for each in parts if isinstance(each, ast.AST))


@cache
def is_module(name: Name) -> bool:
    """Whether a name is that of a module of the package."""
    place = PACKAGE.joinpath(*dotted(name).split(".")[1:])
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


class _WithoutTexts(ast.NodeTransformer):
    """Takes texts out that stand alone: docstrings, and what is said below a constant."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        alone = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if alone else node


def _dump(statement: ast.AST, left_out: set[int]) -> str:
    if isinstance(statement, ast.ClassDef):
        rest = [each for each in statement.body if id(each) not in left_out]
        parts = [*statement.decorator_list, *statement.bases, *statement.keywords, *rest]
        return statement.name + "".join(ast.dump(part) for part in parts)
    return ast.dump(statement)


def files(folder: Path) -> list[Path]:
    """The files in a folder and below, in order, without what Python has compiled."""
    found = (path for path in sorted(folder.rglob("*")) if COMPILED not in path.parts)
    return [path for path in found if path.is_file()]


@cache
def beside(folder: Path) -> str:
    """Fingerprints of the files beside the code, for code that asks where it stands."""
    others = [path for path in files(folder) if path.suffix != ".py"]
    return "".join(fingerprint(path.read_bytes().hex()) for path in others)
