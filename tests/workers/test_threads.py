"""Linear algebra has one thread where it would be slower with more, and what was set comes back."""

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from oablib import imputation, intake, synthetic, two_step, weighting
from oablib.base.errors import EstimationError
from oablib.protocol import codebook, models
from oablib.statistics.imputation.pmm import Pmm
from oablib.statistics.two_step import analysis, scale_values
from oablib.statistics.weighting import response
from oablib.workers.threads import single_thread

SET = 2


def threads() -> set[int]:
    """Threads of the libraries of linear algebra."""
    libraries = ThreadpoolController().select(user_api="blas").info()
    assert libraries, "no library of linear algebra is known here"
    return {library["num_threads"] for library in libraries}


@pytest.fixture(autouse=True)
def several():
    with threadpool_limits(limits=SET):
        assert threads() == {SET}
        yield


def test_blocks_set_one_thread_and_the_last_one_restores() -> None:
    with single_thread():
        with single_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {SET}


def test_an_error_restores_as_well() -> None:
    with pytest.raises(KeyError), single_thread():
        raise KeyError
    assert threads() == {SET}


@pytest.fixture(scope="module")
def children(table: codebook.Table) -> pd.DataFrame:
    return intake.in_memory(synthetic.draw(n=400, seed=4).children, table=table)


@pytest.fixture(scope="module")
def completed(children: pd.DataFrame, model: models.Model) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    some = {name: rng.integers(1, 9, len(children)) for name in model.imputed}
    return children.assign(origin=rng.integers(1, 9, len(children)), **some)


WORK = {
    "imputation": (Pmm, "draw"),
    "weighting": (response, "fit"),
    "scale values": (scale_values, "regress"),
    "two steps": (analysis.sem, "fit"),
}


@pytest.mark.parametrize("name", WORK)
def test_heavy_work_has_one_thread(name, children, completed, model, table, monkeypatch) -> None:
    seen: list[set[int]] = []
    owner, attribute = WORK[name]
    whole = getattr(owner, attribute)

    def watched(*given, **options):
        seen.append(threads())
        return whole(*given, **options)

    monkeypatch.setattr(owner, attribute, watched)
    rule, options = imputation.rule("pmm"), {"model": model, "table": table}
    jobs = {
        "imputation": lambda: imputation.impute(
            children, rule=rule, m=2, iterations=1, seed=1, **options
        ),
        "weighting": lambda: weighting.weights(children, rule=weighting.rule(), **options),
        "scale values": lambda: scale_values.estimate(completed, **options),
        "two steps": lambda: two_step.fit(completed, **options),
    }
    with suppress(EstimationError):  # so few children need not suffice
        jobs[name]()
    assert seen and all(each == {1} for each in seen)
    assert threads() == {SET}
