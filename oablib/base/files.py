"""Files that are there whole or not at all, whatever happens while they are written."""

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PRIVATE, PRIVATE_FOLDER = 0o600, 0o700
"""Modes of a file, and of a folder, that only its owner can read."""

READABLE, READABLE_FOLDER = 0o644, 0o755
"""Modes of a file, and of a folder, that are made to be handed on."""


@contextmanager
def at(path: Path) -> Iterator[Path]:
    """Where to write in the block; renamed to `path` when it ends well, removed when it does not.

    What was written is on the disk before the name is: after a power cut the file is the old one
    or the new one. Its suffix is not that of `path`: a file that a kill left behind is not listed
    with the others.
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield part
        sync(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write(path: Path, text: str) -> None:
    """Write a text file whole, with the same bytes on every system."""
    with at(path) as part:
        put(part, text)


def put(path: Path, text: str) -> None:
    """As `write`, into a folder that is put in place as a whole: nothing is waited for."""
    path.write_text(text, encoding="utf-8", newline="\n")


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk; on Unix alone."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all() -> None:
    """Wait until all that was written is on the disks; on Unix alone.

    For many files: 0.03 s for the 700 of a report, which take 2.5 s one by one.
    """
    if os.name == "posix":
        os.sync()


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are absent, for their owner alone."""
    for folder in reversed((path, *path.parents)):
        if not folder.is_dir():
            folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    path.chmod(PRIVATE_FOLDER)


def shared_folder(path: Path) -> None:
    """Make a folder that all may read, whatever the umask is; one that is there is opened up."""
    path.mkdir(exist_ok=True)
    with suppress(PermissionError):  # of another owner, who has decided otherwise
        path.chmod(path.stat().st_mode | READABLE_FOLDER)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file of JSON; empty when the file is absent or damaged."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def name_in(error: OSError) -> str:
    """The file that an error names, without its folder."""
    return Path(str(error.filename)).name if error.filename else "a file"


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
