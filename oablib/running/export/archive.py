"""A flat zip of which the same content gives the same bytes."""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from oablib.base import files

SUMS = "SHA256SUMS"
_MADE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
_UNIX = 3


def write(path: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files, by name, and SHA256SUMS over all of them; whole or not at all.

    Names are sorted; times, permissions and compression are fixed.
    """
    lines = [f"{hashlib.sha256(contents[name]).hexdigest()}  {name}\n" for name in sorted(contents)]
    every = {**contents, SUMS: "".join(lines).encode()}
    with files.at(path) as part, zipfile.ZipFile(part, "w") as archive:
        for name in sorted(every):
            about = zipfile.ZipInfo(name, _MADE)
            about.create_system, about.external_attr = _UNIX, files.READABLE << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(about, every[name], compresslevel=9)
