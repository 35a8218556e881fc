"""A key changes with whatever can change a result, and with nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from oablib import params
from oablib.base.errors import EnvironmentFault, ParameterError
from oablib.running.stages import declared, key
from oablib.running.stages.declared import Stage

VALUES = {
    "run": "demo", "data": "delivery/cohort.sav", "codebook": "codebook", "model": "mine",
    "published": "", "seed": 1, "imputations": 5, "iterations": 5,
    "hide_variable": "", "hide_share": 0.0, "hide_given": "",
}  # fmt: skip


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Stage]:
    """The project's stages, with a model file that the test may change."""
    real = params.root()
    (tmp_path / "params" / "models").mkdir(parents=True)
    for name in ("rules", "published"):
        (tmp_path / "params" / name).symlink_to(real / "params" / name)
    (tmp_path / "params" / "references.bib").symlink_to(real / "params" / "references.bib")
    (tmp_path / "notebooks").symlink_to(real / "notebooks")
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    change(("title:", "title:"), real)
    return {each.stem: each for each in declared.load()}


def change(edit: tuple[str, str], root: Path | None = None) -> None:
    """Write the model file with one edit."""
    source = (root / "params/models/base.yaml") if root else params.named_file("models", "mine")
    text = source.read_text(encoding="utf-8")
    assert edit[0] in text
    target = params.root() / "params" / "models" / "mine.yaml"
    target.write_text(text.replace(*edit), encoding="utf-8")


def parts(stage: Stage, **changed: object) -> dict[str, str]:
    tables = dict.fromkeys(stage.reads, "a")
    return key.components(stage, VALUES | changed, tables=tables, delivery={"cohort.sav": "b"})


def affected(stages: dict[str, Stage], before: dict[str, dict[str, str]]) -> set[str]:
    return {stem for stem, each in stages.items() if parts(each) != before[stem]}


def reading_models(stages: dict[str, Stage]) -> set[str]:
    """Stages that read the run's model, or every model, as a whole."""
    named = {stem for stem, each in stages.items() if "model" in each.parameters}
    roles_only = {stem for stem, each in stages.items() if each.model == key.ROLES}
    every = {stem for stem, each in stages.items() if key.EVERY_MODEL in each.rules}
    assert {"05_base_model", "06_diagnostics", "07_model_selection"} <= named - roles_only
    assert "09_children" in roles_only and "02_literature" in every
    return (named - roles_only) | every


@pytest.mark.parametrize(
    ("edit", "concerns"),
    [
        (("indirect: [education_father, ", "indirect: [origin, education_father, "), "readers"),
        (("direct: [education_father, ", "direct: ["), "readers"),
        (("auxiliary: [sex, ", "auxiliary: ["), "readers and roles"),
        (("# intelligence", "# talent"), "none"),
        (("title: ", "title: Other "), "none"),
        (("source: ", "source: After "), "none"),
    ],
    ids=["indirect path", "direct path", "role", "comment", "title", "source"],
)
def test_a_change_of_the_model_concerns_the_stages_that_read_it(
    stages: dict[str, Stage], edit: tuple[str, str], concerns: str
) -> None:
    before = {stem: parts(each) for stem, each in stages.items()}
    change(edit)
    expected = set() if concerns == "none" else reading_models(stages)
    if concerns == "readers and roles":
        expected |= {stem for stem, each in stages.items() if each.model == key.ROLES}
    assert affected(stages, before) == expected


def test_another_model_with_the_same_roles_leaves_stages_that_ask_for_roles(
    stages: dict[str, Stage],
) -> None:
    change(("title: ", "title: "))
    text = params.named_file("models", "mine").read_text(encoding="utf-8")
    text = text.replace("direct: [education_father, ", "direct: [")
    (params.root() / "params" / "models" / "other.yaml").write_text(text, encoding="utf-8")
    concerned = {
        stem
        for stem, each in stages.items()
        if key.key(parts(each)) != key.key(parts(each, model="other"))
    }
    assert all("model" in stages[stem].parameters for stem in ("01_intake", "02_literature"))
    assert concerned == {
        stem
        for stem, each in stages.items()
        if "model" in each.parameters
        if key.EVERY_MODEL not in each.rules and each.model != key.ROLES
    }


def test_a_key_leaves_out_the_name_of_the_run_and_prose(stages: dict[str, Stage]) -> None:
    own = stages["01_intake"]
    other = replace(own, text=own.text.replace("## What was delivered", "## The delivery"))
    assert other.text != own.text
    assert key.key(parts(own)) == key.key(parts(other, run="another"))


def test_a_key_follows_parameters_tables_and_the_delivery(stages: dict[str, Stage]) -> None:
    own = stages["03_imputation"]
    keys = {key.key(parts(own)), key.key(parts(own, seed=2))}
    tables = key.components(own, VALUES, tables={"cohort": "c"}, delivery={})
    keys |= {key.key(tables), key.key(tables | {"delivered cohort.sav": "d"})}
    assert len(keys) == 4


def test_differences_are_named() -> None:
    reasons = key.reasons({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"})
    assert reasons == ["b", "c (gone)", "d (new)"]
    assert key.reasons({}, {"a": "1"}) == ["for the first time"]
    assert key.reasons({"a": "1"}, {"a": "1"}) == ["its result is no longer kept"]


def test_reasons_that_are_not_shown_are_counted() -> None:
    assert key.shown([]) == ""
    assert key.shown(list("abcdef")) == "a; b; c; d; e; f"
    assert key.shown(list("abcdefgh")) == "a; b; c; d; e; f; 2 more"


@pytest.mark.parametrize("name", ["rulez/imputation", "imputation", "runs/demo", "/imputation"])
def test_an_unknown_kind_of_rule_file_is_refused(stages: dict[str, Stage], name: str) -> None:
    stage = replace(stages["01_intake"], rules=(name,))
    with pytest.raises(ParameterError, match=f"the rule '{name}'; expected rules/"):
        parts(stage)


def test_code_that_is_not_python_is_refused(stages: dict[str, Stage]) -> None:
    stage = replace(stages["01_intake"], code=("%matplotlib inline",))
    with pytest.raises(EnvironmentFault, match=r"A cell of 01_intake is not Python.*magics"):
        parts(stage)
