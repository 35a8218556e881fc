"""A report in one language: its words beside those of notebooks, its folder, its way to the other.

The first language of a run is at the top of its folder, a second in a folder of its own, under the
same file names, so that a page finds its counterpart without a script.
"""

from dataclasses import dataclass

from oablib.base import language
from oablib.render.pandoc import ASSETS
from oablib.report.texts import Texts, named

_ = Texts(ASSETS / "pages")

NAMES = {"en": "English", "nl": "Nederlands"}
"""Names of languages, each in itself."""
# What filters write; %s is a number, which they know.
_FILTERED = {
    "figure": named("Figure %s"),
    "table": named("Table %s"),
    "section": named("section %s"),
    "references": named("References"),
    "code": named("Code"),
    "parameters": named("Parameters of this run"),
    "warning": named("Warning from this run"),
    "formula": named("Formula"),
    "as_file": named("%s as %s"),
    "rows": named("%s rows"),
    "wide": named("Scroll sideways to see all."),
}
# The same of the other language, in that language: labels of links that lead there.
_ELSEWHERE = {
    "figure": named("Figure %s in English"),
    "table": named("Table %s in English"),
    "section": named("Section %s in English"),
    "references": named("References in English"),
    "page": named("This page in English"),
}


@dataclass(frozen=True, slots=True)
class Edition:
    """One language of a report. languages: those of the report, the first at the top."""

    code: str
    languages: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Folder of its pages within that of the report; empty for the top."""
        return "" if self.code == self.languages[0] else self.code

    @property
    def up(self) -> str:
        """Way from a page to files that all languages share."""
        return "../" if self.folder else ""

    @property
    def other(self) -> "Edition | None":
        """The report in its other language, if it has one."""
        codes = [code for code in self.languages if code != self.code]
        return Edition(codes[0], self.languages) if codes else None

    @property
    def name(self) -> str:
        """Name of the language, in itself."""
        return NAMES[self.code]

    @property
    def way(self) -> str:
        """Way from a page to the folder of the other language."""
        other = self.other
        return f"{self.up}{other.folder}/" if other and other.folder else self.up

    def elsewhere(self) -> dict[str, str]:
        """Labels of links to the other language, in that language, with its code and the way."""
        if self.other is None:
            return {}
        with language.use(self.other.code):
            labels = {key: _(text) for key, text in _ELSEWHERE.items()}
        return {"code": self.other.code, "name": self.other.name, "way": self.way, **labels}

    def words(self) -> dict[str, object]:
        """What the filters write, in its language, and how they link to the other."""
        with language.use(self.code):
            words: dict[str, object] = {key: _(text) for key, text in _FILTERED.items()}
        elsewhere = self.elsewhere()
        return words | {"elsewhere": elsewhere} if elsewhere else words


def of(languages: str) -> list[Edition]:
    """The editions of a report whose parameter says so, the one at the top first."""
    codes = tuple(languages.split())
    return [Edition(code, codes) for code in codes]
