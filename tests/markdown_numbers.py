"""Finds numbers in the Markdown of notebooks: only constants of method may be typed there.

What depends on data is computed. A number may stand in Markdown where it is part of a name or of
the method: the forms of ALLOWED.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from oablib.render.markdown import blocks

_SIGNED = r"[+\N{MINUS SIGN}-]?\d[\d.,]*"
ALLOWED = (
    r"`[^`]*`",  # code: names of reports, tables and files
    r"\$\$.+?\$\$|\$[^$]+\$",  # formulas
    r"\[-?@[^\]]*\]",  # citations, with their pages
    r"\]\([^)]*\)",  # targets of links
    r"@[\w:-]+(?:\s\[[^\]]*\])?",  # references to exhibits, sections and sources
    r"\A#+ \d\d\b",  # number of the report in its title
    r"(?m:^\s*\d+\. )",  # numbering of a list
    r"\([^()]*\b(?:1[89]|20)\d\d\b[^()]*\)",  # a year in parentheses: source, law or survey
    r"\b(?:section|chapter|table|figure|article|appendix|step|page|pp?|paragraaf|hoofdstuk"
    r"|tabel|figuur|artikel|bijlage|stap|pagina)s?\.? \d[\d.]*"
    r"(?:(?:, | and | en | to | tot |-|–)\d[\d.]*)*",
    r"(?:\b(?:grade|group|groep)s? \d(?: (?:and|en|to|tot) \d)?)",  # grades of primary schools
    r"\b[A-Za-z]+[\d²]+(?:[-–]\d+)?\b",  # names with a digit: R2, chi2, D4, mbo1, COOL5-18
    r"\b(?:90|95|99)\s?%",  # levels of confidence
    # A year as a name.
    r"\b(?:of|van|since|sinds|in|until|tot|from|vanaf|after|na|the|de|het) (?:1[89]|20)\d\d\b",
    r"\(\d+(?:\.\d+){1,2}\)",  # a section or figure of a source
    r"\b0/1\b",
    # Ends of a scale, and a slope or ratio of one; but not the first day of a month.
    r"(?<![\d.,])[+\N{MINUS SIGN}-]?[01](?![\d]|[.,]\d)(?! (?:october|oktober|februar[iy])\b)",
    r"\b100\s?%",
    r"\b(?:ten|tien|\d+) (?:digits|decimals|cijfers|decimalen)\b",  # in which results are kept
)
_ALLOWED = re.compile("|".join(f"(?:{form})" for form in ALLOWED), flags=re.DOTALL | re.IGNORECASE)
_NUMBER = re.compile(_SIGNED)
# Numbers in words that no grammar needs; "ten" alone is also Dutch for "at the".
_WORDS = {
    "en": "hundred|thousand|million|dozen|eleven|twelve|nineteen|twenty|thirty|forty|fifty|sixty"
    r"|(?:seven|eight|nine|ten) \w+",
    "nl": "honderd|duizend|miljoen|dozijn|elf|twaalf|negentien|twintig|dertig|veertig|vijftig"
    r"|zestig|(?:zeven|acht|negen|tien) \w+",
}
_SENTENCE = re.compile(r"(?<=[.?!:]) (?=[A-Z*])")
_CITES = re.compile(r"\[-?@|(?<![\w.])@[a-z_]+(?:19|20)\d\d")


def in_text(text: str, *, language: str = "en") -> list[str]:
    """Numbers of a text that are no constants of method; what a source says is none."""
    words = re.compile(rf"\b(?:{_WORDS[language]})\b", flags=re.IGNORECASE)
    found = []
    for sentence in _SENTENCE.split(text):
        if not _CITES.search(sentence):
            rest = _ALLOWED.sub(" ", sentence)
            found += [match.group().rstrip(".,") for match in _NUMBER.finditer(rest)]
            found += words.findall(rest)
    return found


def in_notebook(path: Path) -> Iterator[tuple[str, str]]:
    """Numbers of a notebook's Markdown, each with the block that it is in."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            for block in blocks("".join(cell["source"])):
                for found in in_text(block):
                    yield found, block
