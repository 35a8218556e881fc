"""The searches: forward by index and literature, backward by a rule, and both in drawn schools."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from oablib import imputation, intake, scale_values, selection, sem, synthetic
from oablib.analysis.selection import draws, equations
from oablib.analysis.selection.backward_search import Term, clustered, terms, without
from oablib.analysis.selection.design import Design
from oablib.analysis.selection.forward_search import ADDED, NEXT
from oablib.analysis.selection.settings import Rules
from oablib.base.errors import EstimationError, LiteratureError
from oablib.protocol import codebook, literature, models
from oablib.protocol.codebook import Table
from oablib.protocol.formed import Factor
from oablib.protocol.literature import Literature
from oablib.protocol.models import Model
from oablib.statistics.two_step import candidates, sums

N, M = 3_000, 3
STRONG = 6.0  # times the published path: found in a sixth of the published cohort
# Two ways to the same test, one by the search of the likelihood.
SAME_RTOL = 1e-6
CANDIDATES = ["origin", "school_mean_education_mother", "residence_0_5_years",
              "residence_5_10_years", "debt_restructuring"]  # fmt: skip


@pytest.fixture(scope="module")
def frames(model: Model, table: Table) -> list[pd.DataFrame]:
    """Completed data sets of a cohort in which origin acts strongly on intelligence."""
    drawn = synthetic.draw(n=N, seed=11, path_factors={"origin": STRONG})
    cohort = intake.in_memory(drawn.children, table=table)
    filled = imputation.impute(
        cohort, model=model, table=table, rule=imputation.rule("pmm"), m=M, iterations=2, seed=1
    )
    return imputation.all_completed(cohort, cells=filled.cells)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return selection.rules()


@pytest.fixture(scope="module")
def entries() -> Literature:
    return literature.load()


def judging(entries: Literature, *accepted: str) -> Literature:
    """The literature with the claims of these names accepted."""
    claims = [
        replace(claim, grounding="accepted") if claim.name in accepted else claim
        for claim in entries.claims
    ]
    return replace(entries, claims=tuple(claims))


def search(
    frames: Sequence[pd.DataFrame], entries: Literature, rules: Rules, model: Model
) -> selection.Forward:
    table = codebook.load().table("cohort")
    return selection.forward(frames, model=model, table=table, entries=entries, rules=rules)


def test_what_the_literature_does_not_support_stays_out(
    frames: list[pd.DataFrame], entries: Literature, rules: Rules, model: Model
) -> None:
    found = search(frames, entries, rules, model)
    assert found.model == model and not found.added
    assert sorted(found.trail["rhs"]) == sorted(CANDIDATES)
    first = found.trail.iloc[0]
    assert (first["rhs"], first["rank"], first["round"]) == ("origin", 1, 1)
    assert first["decision"] == "not_grounded"
    assert first["p_holm"] < rules.forward_alpha and first["reason"] and first["judge"]


def test_what_data_and_literature_support_enters_and_the_search_goes_on(
    frames: list[pd.DataFrame], entries: Literature, rules: Rules, model: Model
) -> None:
    found = search(frames, judging(entries, "intelligence_origin"), rules, model)
    assert found.added == ("nscct ~ origin",)
    assert found.model.indirect == (*model.indirect, "origin")
    assert found.model.name == "base + origin"
    assert list(found.trail.groupby("round").size()) == [5, 4]
    assert "nscct ~ origin" in [" ~ ".join((row.lhs, row.rhs)) for row in found.trail.itertuples()]
    assert found.fits[0].df == 4
    rows = selection.paths(found.model, start=model)
    assert list(rows.loc[rows["since"] == ADDED, "rhs"]) == ["origin"]
    assert selection.from_table(model, rows) == found.model


def test_with_several_that_qualify_the_largest_enters_first(
    frames: list[pd.DataFrame], entries: Literature, rules: Rules, model: Model
) -> None:
    every = [claim.name for claim in entries.claims]
    lenient = replace(rules, forward_alpha=0.999999)
    found = search(frames, judging(entries, *every), lenient, model)
    first = found.trail[found.trail["round"] == 1]
    assert list(first["decision"].iloc[:2]) == [ADDED, NEXT] or first["p_holm"].iloc[1] >= 0.99
    assert first["p"].is_monotonic_increasing
    assert found.added[0] == "nscct ~ origin"


@pytest.mark.parametrize("robust", [True, False])
def test_one_complete_data_set_is_searched_by_its_own_indices(
    frames: list[pd.DataFrame], entries: Literature, rules: Rules, model: Model, robust: bool
) -> None:
    changed = replace(rules, forward_robust=robust)
    found = search(frames[:1], judging(entries, "intelligence_origin"), changed, model)
    assert found.added == ("nscct ~ origin",)
    first = found.trail[found.trail["round"] == 1].set_index("rhs")
    before = search(frames[:1], entries, changed, model).fits[0]
    expected = sem.modification_indices(before, [f"nscct ~ {name}" for name in CANDIDATES])
    expected = expected.set_index("rhs")["mi_robust" if robust else "mi"]
    plain = first.drop("origin")
    np.testing.assert_allclose(plain["index"], expected[plain.index])
    # A scaled variable is tested by values that do not hold intelligence's noise.
    table = codebook.load().table("cohort")
    of_origin = candidates.score_tests(
        [sums.products(frames[0], model=model, table=table)],
        indirect=model.indirect,
        names=["origin"],
    )["origin"]
    (test,), (joint,) = of_origin.scaled, of_origin.joint
    assert first.loc["origin", "index"] == (test.mi_robust if robust else test.mi)
    assert first.loc["origin", "joint_index"] == (joint.mi_robust if robust else joint.mi)
    assert first.loc["origin", "joint_df"] == 7
    assert plain["joint_p"].isna().all()


@pytest.mark.parametrize("count", [1, M])
@pytest.mark.parametrize("name", ["origin", "debt_restructuring"])
def test_candidates_may_all_be_of_one_kind(
    frames: list[pd.DataFrame],
    entries: Literature,
    rules: Rules,
    model: Model,
    name: str,
    count: int,
) -> None:
    """With all candidates the same test is made of each, and only the correction differs."""
    alone = replace(model, candidates=(f"nscct ~ {name}",))
    (row,) = search(frames[:count], entries, rules, alone).trail.to_dict("records")
    every = search(frames[:count], entries, rules, model).trail
    first = every[every["round"] == 1].set_index("rhs").loc[name]
    for column in ("index", "p", "joint_p", "epc"):
        np.testing.assert_allclose(row[column], first[column], rtol=1e-12)


def test_the_direct_effects_do_not_depend_on_what_enters(
    frames: list[pd.DataFrame], entries: Literature, rules: Rules, model: Model
) -> None:
    """The equations are recursive: section "From the base model up" of 07_model_selection."""
    before = search(frames, entries, rules, model)
    after = search(frames, judging(entries, "intelligence_origin"), rules, model)
    for one, other in zip(before.fits, after.fits, strict=True):
        effects = [model.direct_rows(fit.parameters)["est"] for fit in (one, other)]
        np.testing.assert_allclose(effects[0], effects[1], rtol=SAME_RTOL)


def test_a_candidate_without_entry_is_refused_before_anything_is_fitted(
    entries: Literature, rules: Rules, model: Model
) -> None:
    claims = tuple(claim for claim in entries.claims if claim.name != "intelligence_debts")
    with pytest.raises(LiteratureError, match="debt_restructuring"):
        search([], replace(entries, claims=claims), rules, model)


def test_a_factor_stays_as_long_as_its_product_does(
    frames: list[pd.DataFrame], model: Model, table: Table
) -> None:
    """The effect of age is planted in its product alone, and another product has none."""
    debt, age = Factor("debt_restructuring"), Factor("mother_age", 30.0)
    products = {"age_x_debt": (age, debt), "age_squared": (age, age)}
    wide = replace(
        model,
        numeric=(*model.numeric, "mother_age"),
        products=products,
        direct=(*model.direct, "mother_age", *products),
        candidates=(),
    )
    planted = 1.5 * (frames[0]["mother_age"] - 30) * frames[0]["debt_restructuring"]
    frame = frames[0].assign(cito=frames[0]["cito"] + planted)
    built = selection.build([frame], reference=wide, variants={}, table=table)
    found = selection.backward(built, start=wide, criterion="p", alpha=0.001)
    of_outcome = found.trail[found.trail["lhs"] == model.outcome]
    decisions = of_outcome.set_index("term")["decision"]
    assert decisions["age_squared"] == "removed"
    assert decisions["age_x_debt"] == "kept"
    assert decisions["mother_age"] == decisions["debt_restructuring"] == "needed"
    assert {"mother_age", "debt_restructuring"} <= {*found.paths.outcome}


@pytest.fixture(scope="module")
def design(frames: list[pd.DataFrame], model: Model, table: Table) -> Design:
    plans = {name: models.load(name) for name in ("base", "ocw_1", "ocw_2", "full")}
    return selection.build(frames, reference=model, variants=plans, table=table)


@pytest.mark.parametrize("equation", [0, 1])
def test_clustered_errors_are_those_of_our_own_fits(
    design: Design, frames: list[pd.DataFrame], model: Model, rules: Rules, entries: Literature,
    equation: int,
) -> None:  # fmt: skip
    fit = search(frames, entries, rules, model).fits[1]
    lhs, rhs = (model.outcome, model.mediator)[equation], equations.of_model(model)[equation]
    slopes, covariance = clustered(design, 1, equation, rhs)
    rows = fit.parameters[(fit.parameters["lhs"] == lhs) & (fit.parameters["op"] == "~")]
    rows = rows.set_index("rhs").loc[list(rhs)]
    np.testing.assert_allclose(slopes, rows["est"], rtol=SAME_RTOL)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), rows["se"], rtol=SAME_RTOL)


@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_each_step_down_takes_what_lowers_the_criterion_most(
    design: Design, criterion: str
) -> None:
    """By trying every term of every step, with compare's own differences."""
    start = design.models["full"]
    found = selection.backward(design, start=start, criterion=criterion, alpha=0.05)
    paths = equations.of_model(start)
    removed = found.trail[found.trail["decision"] == "removed"]
    for row in removed.to_dict("records"):
        changes = {
            (term.lhs, term.name): change_without(design, paths, term, criterion)
            for term in terms(paths, start)
        }
        best = min(changes, key=lambda key: changes[key])
        assert best == (row["lhs"], row["term"])
        assert row["change"] == pytest.approx(changes[best], abs=1e-6) and row["change"] < 0
        term = next(t for t in terms(paths, start) if (t.lhs, t.name) == best)
        paths = without(paths, term, start)
    assert paths == found.paths
    assert (found.trail.loc[found.trail["decision"] == "kept", "change"] >= 0).all()


def change_without(design: Design, paths: equations.Paths, term: Term, criterion: str) -> float:
    """A scaled variable is missed, or not, by all its categories."""
    less, wider = without(paths, term, design.reference), paths
    if term.name in design.reference.scaled:
        side = (design.reference.outcome, design.reference.mediator).index(term.lhs)
        column = codebook.load().table("cohort").column(term.name)
        codes = [code for code in column.codes if code != column.reference_code]
        own = (*less[side], *(f"{term.name}={code}" for code in codes))
        wider = equations.Paths(*(own if i == side else paths[i] for i in range(2)))
    df = wider.size - less.size
    pair = [equations.of_design(design).likelihoods(each) for each in (less, wider)]
    lost = float(equations.ratio(*pair, df=df))
    penalty = 2.0 if criterion == "aic" else float(np.log(design.n))
    return lost - penalty * df


def test_a_scaled_variable_is_missed_by_all_its_categories(
    frames: list[pd.DataFrame], model: Model, table: Table
) -> None:
    """The score test of regressions row by row, with indicators in the place of the scale."""
    design = selection.build(frames[:1], reference=model, variants={"base": model}, table=table)
    values = scale_values.estimate(frames[0], model=model, table=table).table
    rows = scale_values.apply(frames[0], values=values, model=model, table=table)
    rest = sm.add_constant(rows[["nscct", *(name for name in model.direct if name != "origin")]])
    dummies = pd.get_dummies(frames[0]["origin"].astype(int), dtype=float).drop(columns=1)
    without_it = sm.OLS(rows["cito"], rest).fit()
    scores = dummies.apply(lambda column: sm.OLS(column, rest).fit().resid)
    added = scores.mul(without_it.resid, axis=0).groupby(frames[0]["school_id"]).sum().to_numpy()
    distance = added.sum(axis=0) @ np.linalg.solve(len(added) * np.cov(added.T), added.sum(axis=0))
    by_p = selection.backward(design, start=model, criterion="p", alpha=1 - 1e-9).trail
    row = by_p[(by_p["lhs"] == "cito") & (by_p["term"] == "origin")].iloc[0]
    assert row["df"] == 7 and row["statistic"] == pytest.approx(distance, rel=SAME_RTOL)


def test_by_p_all_that_stays_is_significant(design: Design) -> None:
    start = design.models["full"]
    found = selection.backward(design, start=start, criterion="p", alpha=0.05)
    kept = found.trail[found.trail["decision"] == "kept"]
    removed = found.trail[found.trail["decision"] == "removed"]
    assert (kept["p"] <= 0.05).all() and (removed["p"] > 0.05).all()
    assert {"education_father", "education_mother", "origin"} <= set(kept["term"])
    assert design.reference.mediator in found.paths.outcome


def once(design: Design) -> draws.Drawn:
    return draws.drawn(design, np.ones((1, design.n_clusters)))


def held_against(found: draws.Tests, trail: pd.DataFrame) -> None:
    """Tests of the first draw are those of one round of the search."""
    texts = [f"nscct ~ {name}" for name in CANDIDATES]
    by_text = trail.set_index(trail["lhs"] + " ~ " + trail["rhs"])
    places = [at for at, text in enumerate(texts) if text in by_text.index]
    expected = by_text.loc[[texts[at] for at in places]]
    np.testing.assert_allclose(found.statistic[0, places], expected["index"], rtol=SAME_RTOL)
    np.testing.assert_allclose(found.p[0, places], expected["p"], rtol=SAME_RTOL)
    np.testing.assert_allclose(found.p_holm[0, places], expected["p_holm"], rtol=SAME_RTOL)
    ranked = [texts[at] for at in found.by_rank()[0][: len(places)]]
    assert ranked == list(by_text.index)


@pytest.mark.parametrize("added", [frozenset(), frozenset({0})])
@pytest.mark.parametrize("several", [True, False])
def test_tests_of_the_schools_as_they_are_are_those_of_the_search(
    frames: list[pd.DataFrame], model: Model, table: Table, rules: Rules, entries: Literature,
    added: frozenset[int], several: bool,
) -> None:  # fmt: skip
    chosen = frames if several else frames[:1]
    design = selection.build(chosen, reference=model, variants={}, table=table)
    every = judging(entries, *(["intelligence_origin"] if added else []))
    trail = search(chosen, every, rules, model).trail
    texts = [f"nscct ~ {name}" for name in CANDIDATES]
    found = draws.p_values(design, once(design), model, texts, added=[added])
    held_against(found, trail[trail["round"] == 1 + len(added)])


def test_a_draw_is_the_search_on_the_drawn_children(
    frames: list[pd.DataFrame], design: Design, model: Model, entries: Literature, rules: Rules
) -> None:
    """Children of one draw put together by hand, each drawn school a school of its own."""
    times = np.random.default_rng(3).multinomial(design.n_clusters, [1 / design.n_clusters] *
                                                 design.n_clusters)  # fmt: skip
    by_hand = [drawn_by_hand(frame, times) for frame in frames]
    trail = search(by_hand, entries, rules, model).trail
    texts = [f"nscct ~ {name}" for name in CANDIDATES]
    drawn = draws.drawn(design, times[None, :].astype(float))
    # School means are those of the whole school, however often it is drawn.
    held_against(draws.p_values(design, drawn, model, texts), trail)


def drawn_by_hand(frame: pd.DataFrame, times: np.ndarray) -> pd.DataFrame:
    schools = list(dict.fromkeys(frame["school_id"]))
    parts = [
        frame[frame["school_id"] == name].assign(school_id=f"{name}/{copy}")
        for name, count in zip(schools, times, strict=True)
        for copy in range(int(count))
    ]
    return pd.concat(parts, ignore_index=True)


def test_frequencies_say_where_the_search_ends(
    design: Design, entries: Literature, rules: Rules
) -> None:
    options = {"rules": rules, "samples": 20, "seed": (1, 6)}
    found = selection.stability(design, entries=entries, **options)
    again = selection.stability(design, entries=entries, **options)
    pd.testing.assert_frame_equal(found.models, again.models)
    pd.testing.assert_frame_equal(found.variants, again.variants)
    for name in ("with_literature", "data_alone"):
        assert found.models[name].sum() == pytest.approx(1)
    for name in ("first_by_aic", "first_by_bic"):
        assert found.variants[name].sum() == pytest.approx(1)
    by_name = found.models.set_index("added")
    assert by_name.loc["none", "with_literature"] == 1
    origin = by_name.index.str.contains("nscct ~ origin")
    assert by_name.loc[origin, "data_alone"].sum() > 0.5
    accepted = selection.stability(
        design, entries=judging(entries, "intelligence_origin"), **options
    )
    rows = accepted.candidates.set_index("rhs")
    assert rows.loc["origin", "enters"] == pytest.approx(rows.loc["origin", "significant"])


def test_a_model_without_candidates_has_nothing_to_search(
    design: Design, entries: Literature, rules: Rules, model: Model
) -> None:
    alone = replace(model, candidates=())
    found = selection.stability(
        design, entries=entries, rules=rules, samples=10, seed=(1,), start=alone
    )
    assert list(found.models["added"]) == ["none"] and found.candidates.empty


def test_draws_that_cannot_be_estimated_are_said_to_be_none(
    design: Design, entries: Literature, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oablib.statistics.two_step.from_sums.MINIMUM_IN_CATEGORY", 10_000)
    with pytest.raises(EstimationError, match="None of 10 draws"):
        selection.stability(design, entries=entries, rules=rules, samples=10, seed=(1,))
