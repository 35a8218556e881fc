"""Templates of pages with what every page says: language, kind of data, ways to shared files."""

import jinja2
from markupsafe import Markup

from oablib.render import kinds
from oablib.render.edition import Edition, _
from oablib.render.kinds import Drawn
from oablib.render.pandoc import ASSETS
from oablib.report.texts import named

# Words that other modules write into what a page prints.
_WRITTEN_ELSEWHERE = frozenset(
    {
        named("complete"),
        named("cached"),
        named("failed"),
        named("command line"),
        named("not under version control"),
        named("part of an installed package, see its version"),
    }
)


def environment() -> jinja2.Environment:
    """Where templates are found, and what all of them may call."""
    found = jinja2.Environment(loader=jinja2.FileSystemLoader(ASSETS), autoescape=True)
    found.filters["references_of"] = _references_of
    found.globals |= {"_": _, "plural": _.plural, "in_words": in_words}
    return found


def template(name: str, edition: Edition, *, drawn: Drawn) -> jinja2.Template:
    """A template of a page; the language in use is that of the edition."""
    found = environment()
    found.globals |= {
        "language": edition.code,
        "up": edition.up,
        "elsewhere": edition.elsewhere(),
        "kind_in_short": kinds.in_short(drawn),
        "kind_in_full": kinds.in_full(drawn),
        "kind_is_announced": kinds.is_announced(drawn),
    }
    return found.get_template(name)


def in_words(text: str) -> str:
    """A word of status or origin in the language in use; any other text as it is."""
    return _(text) if text in _WRITTEN_ELSEWHERE else text


def _references_of(html: Markup, stem: str) -> Markup:
    """Part of a report for another page: what it refers to is in the report."""
    return Markup(str(html).replace('href="#', f'href="{stem}.html#'))
