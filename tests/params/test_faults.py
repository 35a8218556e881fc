"""What a run file or --set cannot mean ends with code 2 and one message, before anything is made.

The numbers are those of the list of faults that the project promises to survive.
"""

import json
from pathlib import Path

import pytest

from oablib import params
from oablib.base.errors import ParameterError
from oablib.params import declared, run
from oablib.running import commands

TITLE = "title: T\n"
CODE = "year=1\n__import__('os').system('touch X')\nz"
LAUGHS = "".join(f"{new}: &{new} [*{old}, *{old}]\n" for old, new in ("ab", "bc", "cd"))


@pytest.fixture
def runs(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run files of a project without notebooks: what is not refused here ends with code 5."""
    monkeypatch.chdir(project)
    return project / "params" / "runs"


def write(runs: Path, text: str, name: str = "mine") -> None:
    (runs / f"{name}.yaml").write_text(text, encoding="utf-8")


def refusal(runs: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The message, after a look at the code and at what the command left behind."""
    assert commands.main(list(words)) == 2
    assert {each.name for each in runs.parents[1].iterdir()} == {"params", "notebooks"}
    message = capsys.readouterr().err
    assert "Traceback" not in message and "unexpectedly" not in message
    return message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("n: [500\n", ["mine.yaml line 3"], id="45 broken YAML"),
        pytest.param("n: 500\nn: 600\n", ["line 3", "'n'", "line 2"], id="46 key twice"),
        pytest.param("imputatons: 5\n", ["line 2", "'imputations'"], id="47 unknown key"),
        pytest.param("n: no\n", ["line 2", "whole number"], id="49 no"),
        pytest.param("n: 010\n", ["line 2", "whole number"], id="49 octal"),
        pytest.param("n: 1e3\n", ["line 2", "whole number"], id="49 exponent"),
        pytest.param("n: true\n", ["line 2", "whole number"], id="49 truth"),
        pytest.param("hide_share: 0,15\n", ["decimal point"], id="49 decimal comma"),
        pytest.param("codebook: 2013-01-01\n", ["codebook"], id="49 date"),
        pytest.param("model: 1\n", ["line 2", "text"], id="49 number for a name"),
        pytest.param("hide_share: 15\n", ["0.0 to 0.95"], id="50 percent for a share"),
        pytest.param("hide_share: 1.5\n", ["0.0 to 0.95"], id="50 over 100 %"),
        pytest.param("hide_share: -0.1\n", ["0.0 to 0.95"], id="50 negative"),
        pytest.param("seed:\n", ["line 2", "whole number"], id="51 no seed"),
        pytest.param("seed: 1.5\n", ["line 2", "whole number"], id="51 half a seed"),
        pytest.param("imputations: 0\n", ["2 to 1,000"], id="52 m = 0"),
        pytest.param("imputations: 1\n", ["2 to 1,000"], id="52 m = 1"),
        pytest.param("n: !!python/name:os.system x\n", ["line 2", "tags"], id="53 Python tag"),
        pytest.param("a: &a [x]\n" + LAUGHS, ["line 2", "anchors"], id="53 alias bomb"),
        pytest.param("# " + "x" * 2_000_000, ["at most 1,000,000"], id="53 too large"),
        pytest.param("schema: 2\n", ["line 2", "schema is 2", "reads 1"], id="56 other schema"),
        pytest.param("schema: '1'\n", ["line 2", "schema is '1'"], id="56 schema as text"),
    ],
)
def test_a_run_file_that_cannot_be_meant(
    runs: Path, capsys: pytest.CaptureFixture[str], text: str, parts: list[str]
) -> None:
    write(runs, TITLE + text)
    message = refusal(runs, capsys, "run", "mine")
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("model: ''", "model: is empty; name a file of params/models"),
        ("codebook: ' '", "codebook: is empty; name a file of params/rules"),
        ("current_indicator: ''", "current_indicator: is empty; name a file of params/models"),
        ("data: ' '", "data is ' '; expected text that is not empty"),
        ("model: bas", "model: params/models has no 'bas'; did you mean 'base'?"),
        (
            "published: herijking",
            "published: params/published has no 'herijking'; did you mean 'herijking2021'",
        ),
        ("variants: ocw_1 ocw_9", "variants: params/models has no 'ocw_9'; did you mean 'ocw_"),
        ("variants: ocw_1 ocw_2 ocw_1", "variants: names 'ocw_1' twice; name it once"),
        (r'indicator: "in\u202Edicator_2021"', "indicator: holds control characters"),
        (r'data: "a\tb"', "data: holds control characters; expected plain text"),
        ("hide_variable: Origin", "hide_variable is 'Origin'; expected text: the key of a column"),
        ("hide_given: 1st", "hide_given is '1st'; expected text: the key of a column"),
    ],
)
def test_an_unfit_name_is_refused_with_its_line(
    runs: Path, capsys: pytest.CaptureFixture[str], line: str, expected: str
) -> None:
    write(runs, f"{TITLE}{line}\n")
    message = refusal(runs, capsys, "run", "mine")
    assert "1 fault" in message
    assert f"params/runs/mine.yaml line 2: {expected}" in message


def test_names_that_may_be_empty(runs: Path) -> None:
    write(runs, f"{TITLE}variants: ''\npublished: ''\nindicator: ''\nhide_variable: ''\n")
    assert run.run_parameters("mine").variants == ""


def test_keys_that_are_no_parameters_are_among_the_nearest(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(runs, f"{TITLE}extend: demo\nshcema: 1\n")
    message = refusal(runs, capsys, "run", "mine")
    assert "'extend'; did you mean 'extends'?" in message
    assert "'shcema'; did you mean 'schema'?" in message
    assert "unknown key 'extends'" in refusal(runs, capsys, "run", "mine", "--set", "extends=x")


@pytest.mark.parametrize("text", ["n: 500\n", "title:\n", "title: ' '\n"])
def test_48_a_run_without_title(runs: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    write(runs, text)
    assert "params/runs/mine.yaml" in (message := refusal(runs, capsys, "run", "mine"))
    assert "title" in message


def test_a_missing_title_is_named_beside_other_faults(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(runs, "n: 12\n")
    message = refusal(runs, capsys, "run", "mine")
    assert "2 faults" in message and "mine.yaml line 1: title is missing" in message


def test_54_a_name_that_holds_code_is_shown_on_one_line_and_not_executed(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(runs, f"{TITLE}{json.dumps(CODE)}: 1\n")
    assert "mine.yaml line 2: unknown key" in (message := refusal(runs, capsys, "run", "mine"))
    assert len(message.strip().splitlines()) == 2
    write(runs, TITLE)
    for option in (f"{CODE}=1", f"seed=1\n{CODE}", f"{CODE.replace('=', '')}=1"):
        refusal(runs, capsys, "run", "mine", "--set", option)


@pytest.mark.parametrize(
    "name", ["../evil", "a/b", "a\0b", "a\u202eb", "x" * 300, "con", "Mine", "mine\n", "-", ""]
)
def test_55_a_name_that_cannot_be_a_folder(
    runs: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for word in ("run", "params"):
        refusal(runs, capsys, word, name)


def test_55_a_name_that_a_system_reserves(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(runs, TITLE, "con")
    assert "cannot be called 'con'" in refusal(runs, capsys, "run", "con")


def test_56_a_file_of_another_kind(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = params.named_file("models", "base").read_text(encoding="utf-8")
    write(runs, source)
    assert "unknown key 'mediator'" in refusal(runs, capsys, "run", "mine")


def test_a_file_that_says_its_schema_is_read(runs: Path) -> None:
    write(runs, f"{TITLE}schema: {run.SCHEMA}\nn: 700\n")
    assert run.run_parameters("mine").n == 700


def test_faults_of_all_files_and_of_the_command_line_come_together(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(runs, f"{TITLE}seeed: 1\nschema: 3\n", "first")
    write(runs, "extends: first\nn: 12\n")
    message = refusal(
        runs, capsys, "run", "mine", "--set", "model=bass", "--set", "n=" + "9" * 5000
    )
    for part in (
        *("5 faults", "first.yaml line 2: unknown key 'seeed'; did you mean 'seed'?"),
        *("first.yaml line 3: schema is 3", "mine.yaml line 2: n is 12; expected a whole number"),
        *("command line: model", "did you mean 'base'?", "command line: n is "),
    ):
        assert part in message


@pytest.mark.parametrize(
    ("parent", "expected"),
    [("fisrt", "did you mean 'first'?"), ("2022", "in quotes"), ("", "name of a run")],
)
def test_what_cannot_be_extended_is_named_beside_the_other_faults(
    runs: Path, capsys: pytest.CaptureFixture[str], parent: str, expected: str
) -> None:
    write(runs, TITLE, "first")
    write(runs, f"extends: {parent}\nn: 12\n")
    message = refusal(runs, capsys, "run", "mine")
    assert "2 faults" in message and "mine.yaml line 1: extends" in message
    assert expected in message


@pytest.mark.parametrize("mark", ["\x85", "\u2028", "\u202e", "\udcff", "\n", "\0"])
def test_text_that_breaks_a_line_or_cannot_be_written_is_refused(
    runs: Path, capsys: pytest.CaptureFixture[str], mark: str
) -> None:
    write(runs, TITLE)
    assert "plain text" in refusal(runs, capsys, "params", "mine", "--set", f"title=a{mark}b")


def test_each_value_says_where_it_comes_from(runs: Path) -> None:
    write(runs, f"{TITLE}n: 500\n", "first")
    write(runs, "extends: first\n\ntitle: Mine\n")
    origins = run.resolve("mine", {"seed": "3"}).origins
    assert {key: origins[key] for key in ("title", "n", "seed", "model")} == {
        "title": "params/runs/mine.yaml line 3",
        "n": "params/runs/first.yaml line 2",
        "seed": "command line",
        "model": "default",
    }
    assert set(origins) == set(declared.RunParameters.model_fields) - {"run"}


def test_a_title_in_dutch_belongs_to_the_title_of_its_own_file(runs: Path) -> None:
    write(runs, f"{TITLE}title_nl: Eerste\n", "first")
    write(runs, "extends: first\nn: 500\n", "second")
    write(runs, "extends: first\ntitle: Mine\n")
    assert run.run_parameters("second").title_nl == "Eerste"
    assert run.run_parameters("mine").title_nl == ""
    assert run.resolve("mine").origins["title_nl"] == run.DEFAULT
    assert run.run_parameters("first", {"title": "Other"}).title_nl == ""


def test_oab_params_shows_value_origin_and_meaning_in_columns(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(runs, TITLE)
    assert commands.main(["params", "mine", "--set", "n=700"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    starts = [head.index(word) for word in ("parameter", "value", "from", "meaning")]
    cells = [
        [line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]
        for line in lines
    ]
    assert ["title", '"T"', "params/runs/mine.yaml line 1", "heading of the reports"] in cells
    assert ["n", "700", "command line", "children in a synthetic cohort"] in cells
    assert all(all(row) for row in cells)


def test_values_are_as_plain_as_json(runs: Path) -> None:
    write(runs, f"{TITLE}hide_variable: ses\nhide_share: 0.4\nhide_given: iq_verb\n")
    values = run.run_parameters("mine").model_dump()
    assert json.loads(json.dumps(values)) == values
    assert {type(value) for value in values.values()} == {str, int, float}


def test_a_whole_number_is_a_share_too(runs: Path) -> None:
    write(runs, f"{TITLE}hide_share: 0\n")
    assert type(run.run_parameters("mine").hide_share) is float


def test_what_stands_elsewhere_is_checked_in_the_same_way() -> None:
    origin = "params/rules/validation.yaml"
    made = run.given("study", {"title": "T", "n": 500}, origin=origin)
    assert made.parameters.n == 500 and made.origins["n"] == origin
    with pytest.raises(ParameterError, match=f"{origin}: imputations is 1"):
        run.given("study", {"title": "T", "imputations": 1}, origin=origin)
