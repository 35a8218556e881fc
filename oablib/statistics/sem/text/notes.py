"""Readings of a text that its author may not expect: sentences for the flags of a fit."""

from collections.abc import Iterable, Iterator

from oablib.base.errors import ModelError
from oablib.statistics.sem.text import defaults
from oablib.statistics.sem.text.defaults import Roles
from oablib.statistics.sem.text.modifiers import NAME
from oablib.statistics.sem.text.syntax import Syntax, Term


def on_text(
    terms: tuple[Term, ...], roles: Roles, *, n_groups: int, conditional: bool
) -> Iterator[str]:
    """Sentences on moments that lavaan's rules take out of the defaults, and on shared labels."""
    yield from _on_named_moments(terms, roles, conditional=conditional)
    if n_groups > 1:
        yield from _on_shared_labels(terms, n_groups=n_groups)


def _on_named_moments(terms: tuple[Term, ...], roles: Roles, *, conditional: bool) -> Iterator[str]:
    """lavaan 0.6-14: a variable whose own moments are named is no exogenous variable any more."""
    sources = dict.fromkeys(t.rhs for t in terms if t.op == "~")
    named = [n for n in sources if n in roles.explained and n not in roles.endogenous]
    present = {defaults.address(term) for term in terms}
    everything = [n for n in sources if n in named or n in roles.exogenous]
    absent = {
        a: [b for b in everything[number + 1 :] if ("~~", frozenset((a, b))) not in present]
        for number, a in enumerate(everything)
    }
    if any(a in named or set(others) & set(named) for a, others in absent.items() if others):
        lines = [f"`{a} ~~ {' + '.join(others)}`" for a, others in absent.items() if others]
        yield (
            f"The text names a variance, mean or covariance of {', '.join(named)}: as in lavaan, "
            "covariances with other explaining variables are then 0 where the text does not free "
            f"them. To estimate all of them add {' and '.join(lines)}."
        )
    if named and conditional:
        yield (
            f"The text names moments of {', '.join(named)}: as with lavaan's fixed.x=TRUE, these "
            "are then random variables whose moments are estimated and counted. Taken as given: "
            f"{', '.join(roles.exogenous) or 'no variable'}."
        )


def _on_shared_labels(terms: tuple[Term, ...], *, n_groups: int) -> Iterator[str]:
    """One label for all groups makes one parameter of them; lavaan warns of it as well."""
    for label in dict.fromkeys(t.label[0] for t in terms if len(t.label) == 1 and t.label[0]):
        shown = [_shown(t) for t in terms if t.label == (label,) and None in t.value]
        if shown:
            each = ", ".join(f"{label}{number + 1}" for number in range(n_groups))
            yield (
                f"The label {label} holds {', '.join(shown)} equal in all {n_groups} groups. To "
                f"free it, write one label for each group, as in `c({each})*x`."
            )


def on_labels(read: Syntax, columns: Iterable[object]) -> Iterator[str]:
    """`x1*x2` with x1 a column: perhaps a product is meant, but x1 is read as a label."""
    expressions = [each.expression for each in read.definitions]
    expressions += [each.name for each in read.constraints]
    used = {name for expression in expressions for name in NAME.findall(expression)}
    known = set(map(str, columns)) - used
    for term in read.terms:
        for label in dict.fromkeys(term.label):
            if label in known:
                yield (
                    f"`{label}*{term.rhs or 1}` reads {label} as the label of {_shown(term)}, "
                    f"though the data hold a column {label}. If their product is meant, make it a "
                    "column of the data; if not, choose a label that is no column."
                )


def fail_if_factor_is_in_the_equation(terms: tuple[Term, ...]) -> None:
    """Raise ModelError for `y ~ x1 + x2 + x1*x2` and `y ~ x*x`, which mean a product."""
    for term in terms:
        if term.op != "~":
            continue
        beside = {t.rhs for t in terms if (t.op, t.lhs) == ("~", term.lhs)}
        for label in beside & set(term.label):
            raise ModelError(
                f"`{label}*{term.rhs}` in the equation of {term.lhs} would read {label} as a "
                f"label, but {label} explains {term.lhs} there. Make the product a column of the "
                "data and name that; or choose another label."
            )


def _shown(term: Term) -> str:
    return f"`{term.lhs} ~ 1`" if term.op == "~1" else f"`{term.lhs} {term.op} {term.rhs}`"
