"""semopy's parser without the rest of semopy.

`import semopy.parser` runs the whole package first: more than a second, in every process that fits
a model. The parser itself is one file that needs nothing of it.
"""

from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from oablib.base.errors import EnvironmentFault


def parse_desc(statement: str) -> tuple[dict, dict[str, Any]]:
    """Operators, left sides, terms and their multipliers as semopy reads them, and its commands."""
    return _parser().parse_desc(statement)


@cache
def _parser() -> ModuleType:
    # Finds the package without running it.
    package = find_spec("semopy")
    if package is None or not package.submodule_search_locations:
        raise EnvironmentFault("semopy is not installed; install the packages of this project.")
    file = Path(package.submodule_search_locations[0]) / "parser.py"
    spec: ModuleSpec | None = spec_from_file_location("semopy_parser_alone", file)
    if spec is None or spec.loader is None or not file.exists():
        raise EnvironmentFault(
            f"semopy has no {file.name}; expected release 2.3 (found {package})."
        )
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
