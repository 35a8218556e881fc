"""The form that describes output to whoever checks it: a line for each table and figure.

Headings and words are in both languages at once, as the checker may read either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oablib.base import language
from oablib.disclosure.basis import RULES, Basis
from oablib.disclosure.settings import Rules
from oablib.render import downloads, templates
from oablib.render.edition import _
from oablib.report.texts import named

BETWEEN = " / "
TEMPLATE = "output_form.html"
_KINDS = {"fig": named("figure"), "tbl": named("table"), "": named("results table")}
_OF = {"children": named("children"), "parents": named("parents"), "schools": named("schools")}
_HEADINGS = {
    "files": named("files"),
    "kind": named("kind"),
    "stage": named("stage"),
    "title": named("title"),
    "unit": named("unit"),
    "population": named("population or selection"),
    "n_of": named("n counts"),
    "smallest": named("smallest n"),
    "largest": named("largest n"),
    "fewest": named("at least {n:,} units"),
    "fewest_df": named("at least {n:,} degrees of freedom"),
    "largest_part": named("no contributor above {n:.0%}"),
    "largest_category": named("no category of {n:.0%} or more"),
    "hidden": named("cells hidden"),
    "profile": named("profile of places"),
    "reason": named("reason of an exception"),
    "attack": named("attack on scores of places"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of one table or figure.

    name: of its files in the zip. kind: fig, tbl, or empty for a results table. titles, units,
    populations: in each language of the report.
    """

    name: str
    kind: str
    stage: str
    titles: Sequence[str]
    units: Sequence[str]
    populations: Sequence[str]
    basis: Basis


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds for the whole report.

    titles: of the run, in each language of the report. profile, reason: how scores of places are
    shown. found: places about which the attack found too much; None where no scores are.
    """

    run: str
    titles: Sequence[str]
    commit: str
    rules: Rules
    profile: str
    reason: str
    found: int | None


def written(lines: Sequence[Line], facts: Facts) -> tuple[bytes, bytes]:
    """The form as CSV and as HTML, each with all lines."""
    headings = [
        _in_both(text, n=getattr(facts.rules, key, None)) for key, text in _HEADINGS.items()
    ]
    rows = [list(_values(line, facts).values()) for line in lines]
    text = downloads.csv_text(headings, rows)
    page = templates.environment().get_template(TEMPLATE)
    about = {_in_both(name): value for name, value in _about(facts).items()}
    html = page.render(headings=headings, rows=rows, about=about, in_both=_in_both)
    return text.encode("utf-8-sig"), html.encode()


def _about(facts: Facts) -> Mapping[str, str]:
    exception = facts.reason if facts.profile != "strict" else _in_both(named("none"))
    return {
        named("Run"): facts.run,
        named("Title"): _joined(facts.titles),
        named("Commit"): facts.commit,
        named("Profile of places"): facts.profile if facts.found is not None else "–",
        named("Exceptions"): exception,
        named("Attack on scores of places"): _attack(facts),
    }


def _values(line: Line, facts: Facts) -> dict[str, str | int | None]:
    """By the keys of _HEADINGS."""
    basis = line.basis
    excepted = basis.places and facts.profile != "strict"
    return {
        "files": line.name,
        "kind": _in_both(_KINDS[line.kind]),
        "stage": line.stage,
        "title": _joined(line.titles),
        "unit": _joined(line.units),
        "population": _joined(line.populations),
        "n_of": _in_both(_OF[basis.of]) if basis.of else "",
        "smallest": basis.smallest,
        "largest": basis.largest,
        **{rule: _in_both(_outcome(rule, basis)) for rule in RULES},
        "hidden": basis.hidden,
        "profile": facts.profile if basis.places else "",
        "reason": facts.reason if excepted else "",
        "attack": _attack(facts) if basis.places else "",
    }


def _outcome(rule: str, basis: Basis) -> str:
    """A table that breaks a rule is not exported, so that a rule that applies is met."""
    if rule in basis.rules:
        return named("met")
    return named("by the profile") if basis.places else named("does not apply")


def _attack(facts: Facts) -> str:
    if facts.found is None:
        return _in_both(named("no scores of places"))
    if facts.found == 0:
        return _in_both(named("nothing found that may not follow"))
    found = facts.found
    return _both(
        lambda: _.plural(
            "too much follows about {n:,} place, which the exception allows",
            "too much follows about {n:,} places, which the exception allows",
            n=found,
        )
    )


def _in_both(text: str, **values: Any) -> str:
    return _both(lambda: _(text, **values))


def _both(made: Callable[[], str]) -> str:
    """A text in every language, once where they say the same."""
    texts = []
    for code in language.LANGUAGES:
        with language.use(code):
            texts.append(made())
    return _joined(texts)


def _joined(texts: Sequence[str]) -> str:
    return BETWEEN.join(dict.fromkeys(filter(None, texts)))
