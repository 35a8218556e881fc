"""Modification indices over imputations: four pooled score tests beside the published mean.

The mean of m indices grows with the variance between imputations and has no reference
distribution; D1 and D2 have. Robust forms allow for pupils of one school being alike.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import PoolingError
from oablib.statistics import sem
from oablib.statistics.pooling import pooled_tests, rules
from oablib.statistics.pooling.pooled_tests import PooledTest
from oablib.statistics.sem import ScoreTest, SemFit, arguments
from oablib.statistics.sem.comparing import comparable
from oablib.statistics.sem.scores.candidates import candidates_of, listed

Statistic = Literal["D2", "D1"]
FOUR = ("d2", "d2_robust", "d1", "d1_robust")
COLUMNS = [
    "lhs", "op", "rhs", "group", "df", "mi_mean", *FOUR, "riv", "df2", "p", "p_holm", "p_bh",
    "epc", "sepc", "reverse_path",
    *(f"{field}_{name}" for field in ("riv", "df2", "p") for name in FOUR), "reason",
]  # fmt: skip
UNIDENTIFIED = "Not identified in every imputation."


def modification_indices(
    fits: Iterable[SemFit],
    candidates: str | Iterable[str] | None = None,
    *,
    test: Statistic = "D2",
    robust: bool = True,
    over_groups: bool = False,
) -> pd.DataFrame:
    """Score tests of what a model leaves out, pooled over imputations; one row per candidate.

    candidates, over_groups: as in sem.modification_indices; `y ~ d1 + d2` is one test.
    test, robust: which of the four pooled tests gives p (and p_holm, p_bh).

    lhs, op, rhs, [group], df (terms); mi_mean: mean of the m model-based indices, as published.
    d2, d2_robust, d1, d1_robust: pooled statistics, each to be compared with F(df, df2).
        D2 pools the m indices (Li, Meng, Raghunathan & Rubin, 1991); D1 the m efficient scores
        (Mansolf, Jorgensen & Enders, 2020, Psychol Methods 25:393), see `score_d1`. The robust
        forms take the casewise or clustered variance of the scores. semTools has the other two:
        d2 is lavTestScore.mi(test = "D2", asymptotic = FALSE) and, times df, the mi of
        modindices.mi(test = "D2"); d1 is lavTestScore.mi(test = "D1", scale.W = FALSE,
        asymptotic = FALSE), all with information = "expected" and means modelled.
    riv, df2, p: of the chosen test. p_holm, p_bh: p corrected for the number of rows (Holm, 1979;
        Benjamini & Hochberg, 1995).
    epc, sepc: mean expected parameter change, raw and standardised (NaN for several terms).
    reverse_path: the path would run against those there are, as from a score to what came before.
    riv_<test>, df2_<test>, p_<test>: the same for each of the four.
    reason: why numbers are NaN or were changed. Raises PoolingError for fits that differ or an
        unknown test, ModelError for a candidate that the model has or cannot have.
    """
    arguments.one_of("test", test, Statistic, error=PoolingError)
    arguments.switch("robust", robust, error=PoolingError)
    fits = comparable.to_pool(fits)
    texts = candidates_of(fits[0].core.problem.spec) if candidates is None else listed(candidates)
    chosen = f"{test.lower()}{'_robust' if robust else ''}"
    pooled = _pooled_scores(fits, texts, over_groups=over_groups)
    rows = [row(scores, chosen=chosen) for scores in pooled]
    if candidates is None:
        rows = [each for each in rows if each["reason"] != UNIDENTIFIED]
    table = pd.DataFrame(rows, columns=COLUMNS)
    p = table["p"].to_numpy(dtype=np.float64)
    table = table.assign(p_holm=holm(p), p_bh=benjamini_hochberg(p))
    several = fits[0].n_groups > 1 and not over_groups
    return table if several else table.drop(columns="group")


def score_d1(scores: NDArray, variances: NDArray, *, within: NDArray | None = None) -> PooledTest:
    """Pooled score test; efficient scores (m, d) and their variances in each imputation (m, d, d).

    statistic = U' T^-1 U / d with U the mean score and T = W + (1 + 1/m) B, W the mean variance,
    or `within`, shape (d, d), and B the covariance of the m scores; df2 by Li, Raghunathan & Rubin
    (1991) from (1 + 1/m) trace(B W^-1) / d.
    """
    m, d = scores.shape
    if m == 1:
        return pooled_tests.untested("D1", d)
    W = variances.mean(axis=0) if within is None else within
    B, mean = rules.between_imputations(scores, matrix=True), scores.mean(axis=0)
    distance = float(mean @ np.linalg.solve(W + (1 + 1 / m) * B, mean))
    riv, _ = pooled_tests.increase((1 + 1 / m) * float(np.trace(np.linalg.solve(W, B))) / d)
    df2 = pooled_tests.li_df(d, m=m, riv=riv)
    return pooled_tests.f_test("D1", distance / d, df1=d, df2=df2, riv=riv)


def score_d2(scores: NDArray, variances: NDArray) -> PooledTest:
    """D2 of the score statistics of each imputation; shapes as in `score_d1`."""
    solved = np.linalg.solve(variances, scores[..., None])[..., 0]
    return pooled_tests.d2(np.sum(scores * solved, axis=1), scores.shape[1])


def holm(p: NDArray) -> NDArray:
    """Holm's (1979, Scand J Stat 6:65) p values; NaN stays and is not counted."""
    return _stepwise(p, lambda ordered, k: np.maximum.accumulate(ordered * np.arange(k, 0, -1)))


def benjamini_hochberg(p: NDArray) -> NDArray:
    """Benjamini & Hochberg's (1995, J R Stat Soc B 57:289) p values; NaN stays, uncounted."""

    def step(ordered: NDArray, k: int) -> NDArray:
        return np.minimum.accumulate((ordered * k / np.arange(1, k + 1))[::-1])[::-1]

    return _stepwise(p, step)


def _stepwise(p: NDArray, step: Callable[[NDArray, int], NDArray]) -> NDArray:
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    corrected = np.full(len(p), np.nan)
    corrected[order] = np.minimum(step(p[order], len(order)), 1.0)
    return corrected


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """One candidate over imputations: its m tests, and its variance by the averaged information.

    within: shape (d, d), the free parameters taken out of the average of the full information,
    as semTools does it; None takes them out of each imputation's own, some 1e-4 higher.
    """

    tests: list[ScoreTest]
    within: NDArray | None = None


def _pooled_scores(
    fits: Sequence[SemFit], texts: Sequence[str], *, over_groups: bool
) -> list[Scores]:
    per_fit = [sem.score_tests(fit, texts, over_groups=over_groups) for fit in fits]
    each = [sem.score_information(fit, texts, over_groups=over_groups) for fit in fits]
    whole = np.mean(each, axis=0)
    k = len(whole) - sum(test.df for test in per_fit[0])
    size = np.sqrt(np.diag(whole))
    whole /= np.outer(size, size)
    left = whole[k:, k:] - whole[k:, :k] @ np.linalg.solve(whole[:k, :k], whole[:k, k:])
    left *= np.outer(size[k:], size[k:])
    ends = np.cumsum([0, *(test.df for test in per_fit[0])])
    return [
        Scores(list(tests), left[start:end, start:end])
        for tests, (start, end) in zip(zip(*per_fit, strict=True), pairwise(ends), strict=True)
    ]


def row(scores: Scores, *, chosen: str) -> dict[str, object]:
    """One candidate as a row of `modification_indices`, p not corrected; chosen: one of FOUR."""
    tests, pooled = scores.tests, four_tests(scores)
    first, shown = tests[0], pooled[chosen]
    flags = dict.fromkeys(flag for test in pooled.values() for flag in test.flags)
    result: dict[str, object] = {n: getattr(first, n) for n in ("lhs", "op", "rhs", "group")}
    result |= {"df": first.df, "reverse_path": first.reverse_path, "reason": " ".join(flags)}
    result |= {"mi_mean": np.mean([test.mi for test in tests])}
    result |= {name: test.statistic for name, test in pooled.items()}
    result |= {field: getattr(shown, field) for field in ("riv", "df2", "p")}
    for field in ("riv", "df2", "p"):
        result |= {f"{field}_{name}": getattr(test, field) for name, test in pooled.items()}
    change = {"epc": [t.epc for t in tests], "sepc": [t.sepc for t in tests]}
    single = first.df == 1
    return result | {name: np.mean(v) if single else np.nan for name, v in change.items()}


def four_tests(scores: Scores) -> dict[str, PooledTest]:
    """The four tests; NaN with a reason where an imputation does not identify the candidate."""
    score = np.array([test.score for test in scores.tests])
    information = np.array([test.information for test in scores.tests])
    meat = np.array([test.meat for test in scores.tests])
    if not (np.isfinite(information).all() and np.isfinite(meat).all()):
        methods: tuple[Statistic, ...] = ("D2", "D2", "D1", "D1")
        return {
            name: pooled_tests.untested(method, score.shape[1], reason=UNIDENTIFIED)
            for name, method in zip(FOUR, methods, strict=True)
        }
    return {
        "d2": score_d2(score, information),
        "d2_robust": score_d2(score, meat),
        "d1": score_d1(score, information, within=scores.within),
        "d1_robust": score_d1(score, meat),
    }
