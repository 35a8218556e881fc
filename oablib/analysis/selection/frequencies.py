"""How often another model would have been chosen, had other schools been in the cohort.

Schools are drawn with replacement; scale values, criteria and indices are computed anew in each
draw, over the same imputations. Specification searches are known to be unstable (MacCallum,
Roznowski & Necowitz, 1992, Psychol Bull 111:490).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.analysis.selection import draws, equations
from oablib.analysis.selection.design import Design
from oablib.analysis.selection.draws import Drawn, Tests
from oablib.analysis.selection.settings import Rules
from oablib.base.errors import EstimationError
from oablib.base.shown import showable
from oablib.protocol.literature import Literature
from oablib.protocol.models import Model
from oablib.protocol.models_checks import sides
from oablib.statistics.two_step import resampling
from oablib.workers.threads import single_thread

NO_ADDITION = "none"


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Stability:
    """Selection frequencies over draws of schools.

    Each table has draws, the number that could be estimated, and asked. variants: model;
    first_by_aic, first_by_bic: fraction of the draws in which it has the lowest criterion (D4,
    scale values counted as parameters). candidates: lhs, rhs; ranked_first: fraction in which its
    p is the smallest of the first round; significant: under alpha by Holm there; enters: added at
    some round by the whole procedure, with the literature. models: added paths ("none"),
    with_literature and data_alone: fraction in which the procedure ends there, with the
    groundings, and with every candidate accepted.
    """

    variants: pd.DataFrame
    candidates: pd.DataFrame
    models: pd.DataFrame
    draws: int
    asked: int


@single_thread()
def stability(
    design: Design,
    *,
    entries: Literature,
    rules: Rules,
    samples: int,
    seed: Sequence[int],
    start: Model | None = None,
) -> Stability:
    """Draw schools `samples` times and choose again in each draw; the same seed, the same draws.

    start: the model whose candidates are tried, the reference when None. Tests are robust and
    pooled by D2, whatever `rules` says of the forward search. Raises EstimationError
    when no draw can be estimated, since in each a category has fewer than 5 children.
    """
    model = start or design.reference
    times = resampling.picked(design.n_clusters, samples=samples, seed=seed)
    drawn = draws.drawn(design, times)
    if not len(drawn.times):
        raise EstimationError(
            f"None of {samples} draws of schools could be estimated: a category has fewer than 5 "
            "children in each. Take more children, or merge categories in the codebook."
        )
    texts = list(model.candidates)
    first = draws.p_values(design, drawn, model, texts)
    accepted = [entries.judged(*sides(text)).grounding == "accepted" for text in texts]
    gates = {"with_literature": accepted, "data_alone": [True] * len(texts)}
    ends = {
        name: _search(design, drawn, model, texts, gate, first=first, alpha=rules.forward_alpha)
        for name, gate in gates.items()
    }
    counts = {"draws": len(drawn.times), "asked": samples}
    return Stability(
        variants=_variants(design, drawn).assign(**counts),
        candidates=_candidates(texts, first, ends["with_literature"], rules=rules).assign(**counts),
        models=_ends(ends).assign(**counts),
        **counts,
    )


def _variants(design: Design, drawn: Drawn) -> pd.DataFrame:
    """How often each variant is first by AIC and by BIC, as selection.compare has them."""
    whole = equations.stacked(drawn.means, drawn.covariances)
    data = equations.Data(design.names, design.reference, drawn.covariances, whole, drawn.n)
    variants = {name: equations.of_model(model) for name, model in design.models.items()}
    judged = equations.by_categories(variants, categories=design.categories)
    base = judged[design.reference.name]
    with_scales = equations.parameters_with_scales(base, costs=design.costs)
    deltas: dict[str, list[NDArray]] = {"aic": [], "bic": []}
    with ThreadPoolExecutor(draws.THREADS) as threads:
        gains = list(threads.map(partial(data.gain, other=base), judged.values()))
    for paths, gain in zip(judged.values(), gains, strict=True):
        extra = equations.parameters_with_scales(paths, costs=design.costs) - with_scales
        for name, penalty in data.penalties.items():
            deltas[name].append(penalty * extra - gain)
    first = {name: np.argmin(np.stack(each), axis=0) for name, each in deltas.items()}
    shares = {
        f"first_by_{name}": [float(np.mean(best == i)) for i in range(len(design.models))]
        for name, best in first.items()
    }
    return pd.DataFrame({"model": list(design.models), **shares})


def _search(
    design: Design,
    drawn: Drawn,
    model: Model,
    texts: Sequence[str],
    accepted: Sequence[bool],
    *,
    first: Tests,
    alpha: float,
) -> list[tuple[str, ...]]:
    """What the procedure adds in each draw, in alphabetical order; first: tests of round one."""
    added: list[frozenset[int]] = [frozenset()] * len(drawn.times)
    tests = first
    while True:
        qualified = (tests.p_holm < alpha) & np.array(accepted, dtype=bool)[None, :]
        going_on = np.flatnonzero(qualified.any(axis=1))
        if not len(going_on):
            break
        ranked = tests.by_rank()
        for row in going_on:
            best = next(int(number) for number in ranked[row] if qualified[row, number])
            added[row] = added[row] | {best}
        tests = draws.p_values(design, drawn, model, texts, added=added)
    return [tuple(sorted(texts[number] for number in numbers)) for numbers in added]


def _candidates(
    texts: Sequence[str], first: Tests, ends: Sequence[tuple[str, ...]], *, rules: Rules
) -> pd.DataFrame:
    ranked_first = first.by_rank()[:, 0] if texts else np.empty(0)
    rows = []
    for number, text in enumerate(texts):
        significant = np.mean(first.p_holm[:, number] < rules.forward_alpha)
        enters = np.mean([text in added for added in ends])
        shares = (np.mean(ranked_first == number), significant, enters)
        rows.append((*sides(text), *map(float, shares)))
    return pd.DataFrame(rows, columns=["lhs", "rhs", "ranked_first", "significant", "enters"])


def _ends(ends: dict[str, list[tuple[str, ...]]]) -> pd.DataFrame:
    labels = {
        name: pd.Series([", ".join(added) or NO_ADDITION for added in of_draws])
        for name, of_draws in ends.items()
    }
    shares = {name: each.value_counts(normalize=True) for name, each in labels.items()}
    table = pd.DataFrame(shares).fillna(0.0).rename_axis("added")
    order = table.sort_values(["with_literature", "data_alone"], ascending=False, kind="stable")
    return order.reset_index()
