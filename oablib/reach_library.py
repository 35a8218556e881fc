"""All definitions of the package, read anew only when one of its files has changed.

What was read is kept where Python keeps compiled modules and under the same rule: nowhere if
PYTHONDONTWRITEBYTECODE is set. A folder that cannot be written to only costs the second.
"""

import ast
import hashlib
import importlib.util
import marshal
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from oablib import reach_source, whole_file
from oablib.reach_source import Definition, Name

NAME = "definitions.py"  # as if it were a module, for the place; no module has this name
_DIGEST = hashlib.sha256().digest_size


@cache
def definitions() -> Mapping[Name, Definition]:
    """Each definition of oablib by module and name; its `source` is a fingerprint."""
    state = _state()
    place = Path(importlib.util.cache_from_source(str(reach_source.PACKAGE / NAME)))
    found = _kept(place, state)
    if found is None:
        found = _read()
        if not sys.dont_write_bytecode:
            _keep(found, place, state)
    return found


def _state() -> bytes:
    """Digest of all files of the package, and of the Python that reads them."""
    digest = hashlib.sha256(sys.version.encode())
    for path in reach_source.files(reach_source.PACKAGE):
        name = path.relative_to(reach_source.PACKAGE).as_posix().encode()
        content = path.read_bytes()
        digest.update(b"%d %s %d " % (len(name), name, len(content)))
        digest.update(content)
    return digest.digest()


def _read() -> dict[Name, Definition]:
    found: dict[Name, Definition] = {}
    for path in sorted(reach_source.PACKAGE.rglob("*.py")):
        parts = ("oablib", *path.relative_to(reach_source.PACKAGE).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        package = module if is_package else ".".join(parts[:-1])
        tree = ast.parse(path.read_text(encoding="utf-8"))
        reach_source.add_module(module, tree, package=package, into=found, folder=path.parent)
    for definition in found.values():
        if definition.source:
            definition.source = reach_source.fingerprint(definition.source)
    return found


def _kept(place: Path, state: bytes) -> dict[Name, Definition] | None:
    """What is kept of just these files; None where nothing is."""
    try:
        content = place.read_bytes()
    except OSError:
        return None
    if content[:_DIGEST] != state:
        return None
    return {name: Definition(*parts) for name, parts in marshal.loads(content[_DIGEST:]).items()}


def _keep(found: Mapping[Name, Definition], place: Path, state: bytes) -> None:
    plain = {
        name: (each.names, each.attributes, each.texts, each.source, each.methods)
        for name, each in found.items()
    }
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with whole_file.at(place) as part:
            part.write_bytes(state + marshal.dumps(plain))
