"""The layers of docs/architecture.md hold in the code and in the notebooks."""

import ast
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.places import ROOT

PACKAGE = ROOT / "oablib"
MODULES = sorted(PACKAGE.rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# What a reader takes in at one sitting; the longest module of the code bases we follow.
LONGEST_MODULE = 300
NOTEBOOK_LIBRARIES = frozenset({"IPython", "numpy", "oablib", "pandas"})


@dataclass(frozen=True, slots=True)
class Layer:
    modules: frozenset[str]
    may_import: frozenset[str]
    exceptions: frozenset[tuple[str, str]]


def rows(title: str) -> list[list[str]]:
    """Return the cells of the Markdown table under a heading of docs/architecture.md."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text.split(f"## {title}\n")[1], flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def words(cell: str) -> frozenset[str]:
    return frozenset(part.strip() for part in cell.replace("\\", "").split(",") if part.strip())


def read_layers() -> dict[str, Layer]:
    layers = {}
    for name, modules, may_import in rows("Layers"):
        allowed, *exceptions = may_import.split(";")
        pairs = (exception.split("→") for exception in exceptions)
        layers[name] = Layer(
            modules=words(modules),
            may_import=words(allowed),
            exceptions=frozenset((source.strip(), target.strip()) for source, target in pairs),
        )
    return layers


LAYERS = read_layers()
DOORS = dict(rows("Libraries with one door"))
NAMED = {module: layer for layer, row in LAYERS.items() for module in row.modules}


def family(stem: str) -> str:
    """Return the name in the table that a module belongs to: `intake` for `intake_read`."""
    parts = stem.split("_")
    elders = ("_".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((elder for elder in elders if elder in NAMED), stem)


def stem_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(source: str, *, package: tuple[str, ...] = ()) -> set[str]:
    """Return the dotted names that a module imports, wherever in it; `package` holds it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            near = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*near, *([node.module] if node.module else [])])
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def imports_of_module(path: Path) -> set[str]:
    package = ("oablib", *path.relative_to(PACKAGE).parent.parts)
    return imported(path.read_text(encoding="utf-8"), package=package)


def own_targets(names: set[str]) -> set[str]:
    """Return the families within oablib among imported names."""
    inside = [name.split(".") for name in names if name.startswith("oablib.")]
    return {family(parts[1]) for parts in inside if not parts[1].startswith("__")}


def imports_of_notebook(path: Path) -> set[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return set().union(*(imported(source) for source in code))


def is_allowed(source: str, target: str) -> bool:
    if source not in NAMED:
        return False
    layer = LAYERS[NAMED[source]]
    permitted = NAMED.get(target) in layer.may_import or (source, target) in layer.exceptions
    return source == target or permitted


def by_name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


INNER = [path for path in MODULES if path != PACKAGE / "__init__.py"]


def test_table_and_folder_name_the_same_modules():
    found = {family(stem_of(path)) for path in INNER}
    assert found == {name for name in NAMED if not name.startswith("`")}


@pytest.mark.parametrize("path", INNER, ids=by_name)
def test_module_imports_from_allowed_layers_only(path):
    source = family(stem_of(path))
    targets = own_targets(imports_of_module(path))
    assert {target for target in targets if not is_allowed(source, target)} == set()


def test_package_itself_imports_none_of_its_modules():
    assert own_targets(imports_of_module(PACKAGE / "__init__.py")) == set()


@pytest.mark.parametrize("library", DOORS)
def test_library_has_one_door(library):
    importers = {
        family(stem_of(path))
        for path in INNER
        if library in {name.split(".")[0] for name in imports_of_module(path)}
    }
    assert importers == {DOORS[library]}


@pytest.mark.parametrize("path", MODULES, ids=by_name)
def test_module_can_be_read_at_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_notebook_imports_allowed_libraries_only(path):
    libraries = {name.split(".")[0] for name in imports_of_notebook(path)}
    assert libraries - NOTEBOOK_LIBRARIES - sys.stdlib_module_names == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_notebook_imports_from_allowed_layers_only(path):
    layers = {NAMED.get(target) for target in own_targets(imports_of_notebook(path))}
    assert layers <= LAYERS["notebooks"].may_import


def test_module_imports_form_no_circle():
    """A circle of modules cannot be read, tested or replaced one at a time."""
    ahead: dict[str, set[str]] = {}
    for path in INNER:
        source = family(stem_of(path))
        ahead.setdefault(source, set()).update(own_targets(imports_of_module(path)) - {source})
    while free := {module for module, targets in ahead.items() if not targets & ahead.keys()}:
        ahead = {module: targets for module, targets in ahead.items() if module not in free}
    assert ahead == {}
