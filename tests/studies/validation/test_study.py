"""The validation study in small: whole chain, interruption, and rows that do not depend on it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oablib import intake, params, synthetic
from oablib.base.errors import EnvironmentFault, EstimationError, IncompleteRunError, ParameterError
from oablib.protocol import models
from oablib.protocol.codebook import load
from oablib.running import commands, studies
from oablib.running.run import Options
from oablib.statistics import two_step
from oablib.statistics.imputation import all_completed
from oablib.studies.validation import cohorts, education, methods, replication, settings, study
from oablib.studies.validation.methods import Data
from oablib.studies.validation.settings import Batch, Settings, Shared, Task

N, REPLICATIONS = 2_000, 2
METHODS = ("complete", "pmm", "nominal_no_school")
# Estimates of the large cohort lie within so many standard errors of what they were drawn with.
FAR = 4.0
ROUNDING = 1e-9


@pytest.fixture(scope="module")
def small() -> Settings:
    batches = (
        Batch("published", N, REPLICATIONS, METHODS),
        Batch("no_origin_path", N, 1, METHODS[:1]),
    )
    return replace(settings.load(), batches=batches)


@pytest.fixture(scope="module")
def finished(small, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    study.run(small, folder=folder, workers=1, progress=False)
    return folder


@pytest.fixture(scope="module")
def shared() -> Shared:
    return Shared(settings.load(), models.load("base"), load().table("cohort"))


@pytest.fixture(scope="module")
def drawn(shared) -> cohorts.Drawn:
    return cohorts.draw(Task("published", N, 0, ()), shared=shared)


def test_every_quantity_of_every_method_is_there(small, finished):
    rows, seconds = study.collect(small, folder=finished)
    assert list(rows) == replication.COLUMNS
    assert seconds["failed"].sum() == 0 and (seconds["median"] > 0).all()
    counts = rows[rows["world"] == "published"].groupby(["method", "kind"]).size() / REPLICATIONS
    for method in METHODS:
        assert counts[method, "direct"] == (3 if method == "complete" else 2) * 7
        assert counts[method, "path_test"] == 3 * (1 if method == "complete" else 2)
        assert counts[method, "value"] == 24 - 3
        assert counts[method, "index"] == 4 * (3 if method == "complete" else 4)
        assert counts[method, "gain"] == 4 * (1 if method == "complete" else 3)
        assert counts[method, "school"] == 2 * 5
    assert set(rows.loc[rows["kind"] == "drawn", "method"]) == set(METHODS[1:])
    null = rows[(rows["kind"] == "index") & (rows["name"] == "origin")]
    assert set(null["world"]) == {"no_origin_path"}  # where the path exists it is none of these


def test_methods_meet_the_same_cohorts(small, finished):
    rows, _ = study.collect(small, folder=finished)
    truth = rows[(rows["kind"] == "indirect_wider") & (rows["world"] == "published")]
    spread = truth.groupby(["replication", "name"])["truth"].nunique()
    assert (spread == 1).all()


def test_an_interrupted_study_ends_with_the_same_bytes(small, finished, tmp_path, monkeypatch):
    whole = study.write(small, folder=finished, out=tmp_path / "whole")[0].read_bytes()
    real, calls = replication._rows, []

    def interrupted(*args, **options):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args, **options)

    monkeypatch.setattr(replication, "_rows", interrupted)
    options = {"folder": tmp_path / "parts", "workers": 1, "progress": False}
    with pytest.raises(KeyboardInterrupt):
        study.run(small, **options)
    study.run(small, **options)
    assert len(calls) == 1 + REPLICATIONS * len(METHODS) + 1  # the interrupted one was done again
    assert study.write(small, folder=options["folder"], out=tmp_path)[0].read_bytes() == whole
    assert len(study.read(tmp_path / study.ROWS)) == len(study.collect(small, folder=finished)[0])


def test_processes_side_by_side_give_the_same_bytes(small, finished, tmp_path):
    whole = replace(small, batches=(Batch("published", N, REPLICATIONS, METHODS[:1]),))
    study.run(whole, folder=tmp_path, workers=2, progress=False)
    alone, parallel = (
        study.write(whole, folder=folder, out=tmp_path / folder.name)[0].read_bytes()
        for folder in (finished, tmp_path)
    )
    assert alone == parallel


def test_a_finished_study_computes_nothing(small, finished, monkeypatch):
    monkeypatch.setattr(replication, "rows_of", lambda *_, **__: pytest.fail("computed again"))
    study.run(small, folder=finished, workers=1, progress=False)


def test_a_failure_is_counted_and_the_study_goes_on(small, tmp_path, monkeypatch):
    def fails(*_, **__):
        raise EstimationError("too few children")

    monkeypatch.setattr(methods, "fitted", fails)
    study.run(small, folder=tmp_path, workers=1, progress=False)
    rows, seconds = study.collect(small, folder=tmp_path)
    assert (rows["kind"] == "failed").all() and set(rows["name"]) == {"EstimationError"}
    assert seconds["failed"].equals(seconds["replications"])


def test_nothing_done_is_reported(small, tmp_path):
    with pytest.raises(IncompleteRunError, match="oab validate"):
        study.collect(small, folder=tmp_path)


def test_cohort_in_memory_is_the_one_that_intake_reads(tmp_path):
    made = synthetic.draw(n=N, seed=4)
    read = intake.read(synthetic.write(made, tmp_path), codebook=load()).frame
    table = load().table("cohort")
    pd.testing.assert_frame_equal(intake.in_memory(made.children, table=table), read)


def test_only_unknown_education_is_hidden(drawn, shared):
    imputed = list(shared.model.imputed)
    known = drawn.delivered[imputed].notna()
    assert known.to_numpy().mean() < 0.6
    assert drawn.delivered[imputed].where(known).equals(drawn.complete[imputed].where(known))
    rest = drawn.delivered.columns.drop(imputed)
    pd.testing.assert_frame_equal(drawn.delivered[rest], drawn.complete[rest])


def test_without_its_path_origin_keeps_its_whole_effect(shared):
    options = {"n": 19_247, "replication": 0, "methods": ()}
    with_path, without = (
        cohorts.draw(Task(world=world, **options), shared=shared)
        for world in ("published", "no_origin_path")
    )
    assert without.truth.nscct_paths["origin"] == 0
    total = with_path.truth.direct["origin"] + (
        with_path.truth.nscct_paths["origin"] * with_path.truth.nscct_effect
    )
    assert without.truth.direct["origin"] == pytest.approx(total)
    assert without.complete["education_mother"].equals(with_path.complete["education_mother"])
    fit = two_step.fit(without.complete, model=shared.model, table=shared.table).counted
    row = fit.parameter("cito", "~", "origin")
    assert abs(row["est"] - without.truth.direct["origin"]) < FAR * row["se"]


def test_a_path_of_what_is_not_scaled_is_refused():
    with pytest.raises(ParameterError, match=r"wave.*origin"):
        synthetic.draw(n=N, seed=1, path_factors={"wave": 0.0})


@pytest.mark.skipif(not methods.version(), reason="needs R with mice")
def test_mice_fills_unknown_cells_and_no_others(drawn, shared):
    options = {"model": shared.model, "table": shared.table, "m": 2, "iterations": 1, "seed": 3}
    cells = methods.impute(drawn.delivered, **options)
    pd.testing.assert_frame_equal(cells, methods.impute(drawn.delivered, **options))
    unknown = drawn.delivered[list(shared.model.imputed)].isna().sum()
    assert cells.groupby("variable").size().to_dict() == (2 * unknown).to_dict()
    for frame in all_completed(drawn.delivered, cells=cells):
        assert frame[list(shared.model.imputed)].notna().all(axis=None)


def test_mice_is_left_out_where_it_is_absent(small, tmp_path, monkeypatch):
    monkeypatch.setattr(methods, "version", lambda: "")
    alone = replace(small, batches=(Batch("published", N, 1, ("mice_pmm",)),))
    study.run(alone, folder=tmp_path, workers=1, progress=False)
    assert not list(tmp_path.rglob("*.csv"))


def test_means_of_schools_are_those_of_their_children(drawn, shared):
    exact = education.school_rows(
        Data([drawn.complete, drawn.complete]), drawn=drawn, shared=shared
    )
    result = exact.pivot(index="name", columns="detail", values="est")
    assert result[["bias", "rmse", "width", "without"]].abs().to_numpy().max() < ROUNDING
    assert (result["coverage"] == 1).all()
    raised = drawn.complete.assign(education_mother=8)
    one = education.school_rows(Data([raised]), drawn=drawn, shared=shared)
    true = shared.table.column("education_mother")
    values = dict(zip(true.codes, drawn.truth.scale_values["education_mother"], strict=True))
    means = (
        drawn.complete["education_mother"].map(values).groupby(drawn.complete["school_id"]).mean()
    )
    small_ones = drawn.pupils.reindex(means.index) < shared.settings.small_school
    bias = one[(one["name"] == "small") & (one["detail"] == "bias")]["est"].iloc[0]
    assert bias == pytest.approx(values[8] - means[small_ones].mean())


def test_command_says_what_happened(tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "run", interrupted)
    assert commands.main(["validate", "--quiet"]) == IncompleteRunError.exit_code
    assert "goes on" in capsys.readouterr().err
    monkeypatch.setattr(studies, "validate", lambda options, **arguments: arguments)
    assert commands.main(["validate", "--so-far", "--workers", "3"]) == 0
    assert "'so_far': True" in capsys.readouterr().out


def test_report_needs_its_notebook(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "params").symlink_to(params.root() / "params")
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    monkeypatch.setattr(params, "WORK", "work")
    with pytest.raises(EnvironmentFault, match="no notebook of study 'validation'"):
        studies.validate(Options(level="quiet"), so_far=True)


def test_seeds_differ_between_replications_and_sizes(shared):
    seeds = {
        cohorts.draw(Task("published", n, number, ()), shared=shared).seed
        for n in (N, N + 1)
        for number in range(2)
    }
    assert len(seeds) == 4 and all(0 <= seed < 2**31 for seed in seeds)
    assert np.iinfo(np.int32).max >= max(seeds)
