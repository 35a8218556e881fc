"""Texts in a picture (PNG): its title and kind of data travel with the file."""

import zlib
from collections.abc import Mapping

from oablib.base.wording import inert

_SIGNATURE = 8  # bytes
_FRAME = 12  # bytes of a chunk beside its content: length, kind, checksum


def written(picture: bytes, texts: Mapping[str, str]) -> bytes:
    """The picture with texts behind its header: keyword -> text; empty ones are left out."""
    header = _SIGNATURE + _FRAME + int.from_bytes(picture[_SIGNATURE : _SIGNATURE + 4], "big")
    chunks = b"".join(_chunk(name, inert(text)) for name, text in texts.items() if text)
    return picture[:header] + chunks + picture[header:]


def _chunk(keyword: str, text: str) -> bytes:
    """A chunk tEXt, or iTXt for text that Latin-1 cannot hold (PNG, third edition, 11.3.3)."""
    try:
        kind, content = b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        kind, content = b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8")
    checksum = zlib.crc32(kind + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + kind + content + checksum
