"""Where data come from, as the manifest beside them says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oablib.base.language import Words

UNKNOWN = Words(en="files of the data holder", nl="bestanden van de datahouder")


@dataclass(frozen=True, slots=True)
class Origin:
    """A sentence on the origin of data, for captions.

    drawn: whether a program has made up these children, so that no real child is among them.
    """

    source: Words
    drawn: bool = False

    @classmethod
    def of_manifest(cls, content: Mapping[str, Any], *, otherwise: Words = UNKNOWN) -> "Origin":
        """What a manifest says; otherwise: the sentence where it says nothing."""
        said = str(content.get("source", ""))
        source = Words(en=said, nl=str(content.get("source_nl", said))) if said else otherwise
        return cls(source, drawn=content.get("drawn") is True)

    def columns(self) -> dict[str, str | bool]:
        """Entries of a manifest, and columns of a results table: source, source_nl, drawn."""
        return {"source": self.source.en, "source_nl": self.source.nl, "drawn": self.drawn}
