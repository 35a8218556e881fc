"""Ways of distributing a budget, read slowly: lists, exact fractions, and nothing of oablib.

A way is a row of params/rules/distribution.yaml as plain values; a child is a dictionary of its
place, score, codes and postcode.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import exp, floor
from typing import Any, TypeAlias

Child: TypeAlias = dict[str, Any]
Way: TypeAlias = dict[str, Any]
UNIT = 10**6  # units of a score a point


def exact(value: float) -> Fraction:
    """A number as it is written."""
    return Fraction(str(value))


class NobodyCountsError(Exception):
    """No child has a weight, or no place a score."""


def boundary(scores: Sequence[int], share: Fraction, ties: str) -> tuple[int, Fraction]:
    """The k-th lowest score, and for how much each child counts that has it."""
    k = floor(share * len(scores))
    if k == 0:
        raise NobodyCountsError
    cut = sorted(scores)[k - 1]
    below, tied = sum(s < cut for s in scores), sum(s == cut for s in scores)
    part = {"all": Fraction(1), "none": Fraction(int(below + tied == k)),
            "share": Fraction(k - below, tied)}[ties]  # fmt: skip
    if below == 0 and part == 0:
        raise NobodyCountsError
    return cut, part


def belonging(score: int, limit: tuple[int, Fraction]) -> Fraction:
    """How much of a child belongs to the lowest."""
    cut, part = limit
    return Fraction(int(score < cut)) if score != cut else part


def weights_by_score(scores: Sequence[int], way: Way, ties: str) -> list[tuple[Fraction, Fraction]]:
    """Weight of each child, and for how much it counts as one that has a weight."""
    C = Fraction(sum(scores), len(scores))
    if own := way.get("own_weight"):
        limit = boundary(scores, exact(own["share"]), ties)
        if own["distance"] == "mean":
            parts = [belonging(s, limit) for s in scores]
            return [(p * (C - s) / UNIT, p) for p, s in zip(parts, scores, strict=True)]
        return [(Fraction(max(limit[0] - s, 0), UNIT), Fraction(int(s < limit[0]))) for s in scores]
    if groups := way.get("percentiles") or way.get("deciles"):
        tenths = [number / 10 for number in range(1, 10)]
        weights = [exact(w) for w in groups["weights"]]
        shares = [exact(s) for s in groups.get("shares", tenths)]
        pairs = list(zip(shares, weights, [*weights[1:], Fraction(0)], strict=False))
        # Where two groups weigh the same, nothing depends on the boundary between them.
        weights = [w for _, w, after in pairs if w != after]
        limits = [boundary(scores, s, ties) for s, w, after in pairs if w != after]
        result = []
        for s in scores:
            inside = [belonging(s, limit) for limit in limits]
            new = [
                part - before for part, before in zip(inside, [Fraction(0), *inside], strict=False)
            ]
            weight = sum((n * w for n, w in zip(new, weights, strict=False)), Fraction(0))
            result.append((weight, inside[-1]))
        return result
    mean = round(C)
    result = []
    for s in scores:
        if ramp := way.get("ramp"):
            upper = boundary(scores, exact(ramp["none"]), ties)[0]
            lower = boundary(scores, exact(ramp["full"]), ties)[0]
            if s >= upper:
                value = 0
            elif s <= lower:
                value = mean - s
            else:
                value = floor(Fraction((mean - s) * (upper - s), upper - lower))
        else:
            logistic = way["logistic"]
            cut = boundary(scores, exact(logistic["share"]), ties)[0]
            width = logistic["width"] * UNIT
            value = floor((mean - s) / (1 + exp(min((s - cut) / width, 700))))
        weight = Fraction(max(value, 0), UNIT)
        result.append((weight, Fraction(int(weight > 0))))
    return result


def questions(way: Way) -> list[tuple[dict[str, list[int]], Fraction]]:
    """What a way asks, and the weight of a yes."""
    if written := way.get("decision_rules"):
        return [(q["when"], exact(q["weight"])) for q in written["questions"]]
    old = way["gewichtenregeling"]
    both, low = (exact(w) for w in old["weights"])
    one, two = old["primary"], [*old["primary"], *old["low"]]
    return [
        ({"education_father": one, "education_mother": two}, both),
        ({"education_father": two, "education_mother": one}, both),
        ({"education_father": two, "education_mother": two}, low),
    ]


def weight_by_answers(child: Child, asked: Sequence[tuple[dict, Fraction]]) -> Fraction:
    """The weight of the first question that a child answers with yes."""
    for when, weight in asked:
        if all(child[name] in codes for name, codes in when.items()):
            return weight
    return Fraction(0)


def learned(
    children: Sequence[Child], scores: Sequence[int], way: Way
) -> list[tuple[dict[str, list[int]], Fraction]]:
    """A tree, by trying each set of codes of each column; its lowest leaves as questions."""
    tree = way["learned"]
    names = tree["columns"]
    rows = [
        (child, s)
        for child, s in zip(children, scores, strict=True)
        if all(child[name] != 255 for name in names)
    ]
    every = {name: sorted({child[name] for child, _ in rows}) for name in names}
    leaves = [(rows, every)]
    for _ in range(tree["depth"]):
        leaves = [part for leaf in leaves for part in _best_split(*leaf)]
    leaves.sort(key=lambda leaf: (_mean(leaf[0]), sorted(leaf[1].items())))
    asked, before = [], 0
    for number, (inside, codes) in enumerate(leaves):
        middle = Fraction(2 * before + len(inside), 2 * len(rows))
        before += len(inside)
        if number == 0 or middle <= exact(tree["large"]):
            weight = exact(tree["weights"][0])
        elif middle <= exact(tree["middling"]):
            weight = exact(tree["weights"][1])
        else:
            break
        when = {name: known for name, known in codes.items() if known != every[name]}
        asked.append((when or codes, weight))
    return asked


def _mean(rows: Sequence[tuple[Child, int]]) -> Fraction:
    return Fraction(sum(s for _, s in rows), len(rows))


def _squares(rows: Sequence[tuple[Child, int]]) -> Fraction:
    mean = _mean(rows)
    return sum(((s - mean) ** 2 for _, s in rows), Fraction(0))


def _best_split(rows: list[tuple[Child, int]], codes: dict[str, list[int]]) -> list[Any]:
    best, whole = None, _squares(rows)
    for name in codes:
        present = sorted({child[name] for child, _ in rows})
        for size in range(1, len(present)):
            for chosen in combinations(present, size):
                low = [row for row in rows if row[0][name] in chosen]
                high = [row for row in rows if row[0][name] not in chosen]
                gain = whole - _squares(low) - _squares(high)
                if _mean(low) < _mean(high) and gain > 0 and (best is None or gain > best[0]):
                    best = (gain, name, chosen, low, high)
    if best is None:
        return [(rows, codes)]
    _, name, chosen, low, high = best
    lower = [code for code in codes[name] if code in chosen]
    upper = [code for code in codes[name] if code not in chosen]
    return [(low, codes | {name: lower}), (high, codes | {name: upper})]


def rounded(value: Fraction, decimals: int) -> Fraction:
    """A half away from zero, and no less than 0."""
    steps = 10**decimals
    return Fraction(max(floor(value * steps + Fraction(1, 2)), 0), steps)


def cents(points: Sequence[Fraction], budget: int) -> list[int]:
    """Whole cents in proportion to points; the largest remainders are rounded up."""
    total = sum(points)
    if total <= 0:
        raise NobodyCountsError
    whole = [point * budget / total for point in points]
    paid = [floor(amount) for amount in whole]
    order = sorted(range(len(points)), key=lambda at: (paid[at] - whole[at], at))
    for at in order[: budget - sum(paid)]:
        paid[at] += 1
    return paid


def pay(
    draws: Sequence[Sequence[tuple[Fraction, Fraction]]],
    place: Sequence[str],
    places: Sequence[str],
    way: Way,
    *,
    threshold: Fraction,
    budget: int,
    board: dict[str, str],
    impulse: set[str],
) -> dict[str, int]:
    """Cents of each place. draws: weight of each child and for how much it counts, in each draw.

    place: of each child. places: all, in the order of their names. board: of small places.
    """
    if way["average"] == "child":
        m = len(draws)
        draws = [
            [
                (sum((w for w, _ in of), Fraction(0)) / m, sum((c for _, c in of), Fraction(0)) / m)
                for of in zip(*draws, strict=True)
            ]
        ]
    E = {name: sum(p == name for p in place) for name in places}
    key = {
        name: board.get(name, name) if 0 < E[name] < way.get("small", 0) else name
        for name in places
    }
    units = list(dict.fromkeys(key[name] for name in places))
    points = dict.fromkeys(units, Fraction(0))
    weight_of = dict.fromkeys(places, Fraction(0))
    for draw in draws:
        A = dict.fromkeys(places, Fraction(0))
        counted = dict.fromkeys(places, Fraction(0))
        for (weight, part), name in zip(draw, place, strict=True):
            A[name] += weight
            counted[name] += part
        if sum(counted.values()) == 0:
            raise NobodyCountsError
        mean = sum(A.values()) / sum(counted.values())
        old = way.get("gewichtenregeling")
        for unit in units:
            inside = [name for name in places if key[name] == unit]
            n, total = sum(E[name] for name in inside), sum(A[name] for name in inside)
            drop = threshold * n * (1 if old else mean)
            score = rounded(total - drop, way["decimals"])
            if old:
                score = min(score, exact(old["cap"]) * n)
                extra = sum(counted[name] for name in inside if name in impulse)
                score += exact(old["impulse_weight"]) * extra
            points[unit] += score
        for name in places:
            weight_of[name] += A[name]
    of_units = dict(zip(units, cents([points[unit] for unit in units], budget), strict=True))
    paid = {}
    for unit in units:
        inside = [name for name in places if key[name] == unit]
        if len(inside) == 1 or not of_units[unit]:
            paid |= {name: of_units[unit] if len(inside) == 1 else 0 for name in inside}
        else:
            parts = cents([max(weight_of[name], Fraction(0)) for name in inside], of_units[unit])
            paid |= dict(zip(inside, parts, strict=True))
    return paid
