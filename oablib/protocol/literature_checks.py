"""The sources that entries of the literature cite, and what entries must say about each other."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from oablib import params
from oablib.base.wording import did_you_mean
from oablib.params import kinds
from oablib.protocol.models_checks import split_path

if TYPE_CHECKING:
    from oablib.protocol.literature import Claim, Literature


def faults(literature: "Literature") -> Iterator[kinds.Fault]:
    """Sources that references.bib lacks, and paths between what is no concept."""
    known = bibliography()
    for claim in literature.claims:
        for key in claim.sources:
            if key not in known:
                text = f"source {key!r} is not in params/references.bib{did_you_mean(key, known)}"
                yield ("claims", claim.name, "sources", key), text
        for name in split_path(claim.path) or ():
            if name not in literature.concepts:
                near = did_you_mean(name, literature.concepts)
                text = f"path names the concept {name!r}, which is not defined{near}"
                yield ("claims", claim.name, "path"), text


def of_claim(claim: "Claim") -> Iterator[kinds.Fault]:
    """A path that is none, or a circle; a size whose ends are exchanged."""
    ends = split_path(claim.path)
    if ends is None:
        yield ("path",), f"path is {claim.path!r}; expected `effect ~ cause`."
    elif ends[0] == ends[1]:
        yield ("path",), f"`{claim.path}` is a circular path; expected two different concepts."
    if claim.size and claim.size.low > claim.size.high:
        yield ("size",), "low and high; expected two numbers, the lower first."


def bibliography() -> dict[str, str]:
    """Entries of params/references.bib: key -> authors and year, as "Reynders et al. (2005)"."""
    path = params.root() / "params" / "references.bib"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    entries = re.split(r"^@\w+\{", text, flags=re.MULTILINE)[1:]
    return {entry.partition(",")[0].strip(): _short_citation(entry) for entry in entries}


def _short_citation(entry: str) -> str:
    lines = re.findall(r"^\s*(author|year)\s*=\s*\{(.*)\},?\s*$", entry, flags=re.MULTILINE)
    fields = dict(lines)
    people = [
        person.partition(",")[0].strip() for person in fields.get("author", "").split(" and ")
    ]
    names = [name.replace("{", "").replace("}", "") for name in people]
    shown = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
    return f"{shown} ({fields.get('year', 'no year')})"
