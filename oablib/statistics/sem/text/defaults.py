"""What lavaan's `sem()` fills in where the text is silent, and which part each variable plays.

Rosseel (2012, J. Stat. Softw. 48(2)), and lavaan 0.6-14: lav_partable_flat with auto.var,
auto.cov.lv.x, auto.cov.y, auto.fix.first and auto.fix.single.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

from oablib.base.errors import ModelError
from oablib.statistics.sem.text.syntax import Term

NONE: tuple[None] = (None,)


@dataclass(frozen=True, slots=True)
class Roles:
    """explained: observed, with an equation, an indicator, or whose own moments the text names.

    exogenous: observed, only ever on the right of `~`: a variable whose variance, mean or
    covariance the text names is none, as in lavaan. latent: on the left of `=~`. endogenous:
    observed or latent, with a path or loading into it.
    """

    explained: tuple[str, ...]
    exogenous: tuple[str, ...]
    latent: tuple[str, ...]
    endogenous: tuple[str, ...]

    @property
    def position(self) -> dict[str, int]:
        """Position in the RAM matrices."""
        names = self.explained + self.exogenous + self.latent
        return {name: i for i, name in enumerate(names)}


def roles(terms: tuple[Term, ...]) -> Roles:
    """Read the part of each variable off the terms. Raises ModelError when there is no variable."""
    latent = _unique([t.lhs for t in terms if t.op == "=~"])
    into = _unique([t.lhs if t.op == "~" else t.rhs for t in terms if t.op in ("~", "=~")])
    sources = _unique([t.rhs for t in terms if t.op == "~"])
    loose = _unique([n for t in terms if t.op in ("~~", "~1") for n in (t.lhs, t.rhs) if n])
    exogenous = tuple(n for n in sources if n not in {*into, *latent, *loose})
    explained = [n for n in (*into, *loose) if n not in latent and n not in exogenous]
    if not explained:
        raise ModelError("The model explains no observed variable; expected lines like `y ~ x`.")
    return Roles(_unique(explained), exogenous, latent, into)


def address(term: Term) -> object:
    """What no two terms of a model may share; a covariance has no direction."""
    return (term.op, frozenset((term.lhs, term.rhs))) if term.op == "~~" else term[:3]


def complete(terms: tuple[Term, ...], roles: Roles, *, markers: bool = True) -> list[Term]:
    """The text's terms with markers fixed, then lavaan's defaults that the text does not name."""
    named = _markers_fixed(terms) if markers else list(terms)
    addresses = {address(t) for t in named}
    return named + [t for t in _defaults(terms, roles) if address(t) not in addresses]


def _unique(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _markers_fixed(terms: tuple[Term, ...]) -> list[Term]:
    """auto.fix.first: 1 for the first loading of a latent variable, unless the text frees it."""
    result, seen = [], set()
    for term in terms:
        first = term.op == "=~" and term.lhs not in seen
        silent = first and not term.free and term.value == NONE
        # lavaan fixes such a loading at its starting value, which is hardly meant.
        if silent and term.start != NONE:
            raise ModelError(
                f"`{term.lhs} =~ {term.rhs}` has a starting value, but the first loading is fixed "
                f"at 1; write `NA*{term.rhs}` with the start to free it, or `0.8*{term.rhs}` to "
                "fix it."
            )
        seen |= {term.lhs} if term.op == "=~" else set()
        result.append(term._replace(value=(1.0,)) if silent else term)
    return result


def _defaults(terms: tuple[Term, ...], roles: Roles) -> list[Term]:
    single = _single_indicators(terms)
    paths = [t for t in terms if t.op == "~"]
    sources, indicators = {t.rhs for t in paths}, {t.rhs for t in terms if t.op == "=~"}
    left = {t.lhs for t in paths}
    outcomes = [n for n in roles.latent + roles.explained if n in left - sources - indicators]
    free_latent = [n for n in roles.latent if n not in left | indicators]
    pairs = [(n, n) for n in roles.explained + roles.latent]
    pairs += [*combinations(free_latent, 2), *combinations(outcomes, 2)]
    pairs += combinations_with_replacement(roles.exogenous, 2)
    variances = [_term(a, "~~", b, 0.0 if a == b and a in single else None) for a, b in pairs]
    means = [_term(n, "~1", "", None) for n in roles.explained + roles.exogenous]
    return variances + means + [_term(n, "~1", "", 0.0) for n in roles.latent]


def _single_indicators(terms: tuple[Term, ...]) -> set[str]:
    """auto.fix.single: the only indicator of a latent variable has no residual of its own."""
    loadings = [t for t in terms if t.op == "=~"]
    per_latent = Counter(t.lhs for t in loadings)
    per_indicator = Counter(t.rhs for t in loadings)
    return {t.rhs for t in loadings if per_latent[t.lhs] == per_indicator[t.rhs] == 1}


def _term(lhs: str, op: str, rhs: str, value: float | None) -> Term:
    return Term(lhs, op, rhs, value=(value,), label=("",), start=NONE, free=value is None)
