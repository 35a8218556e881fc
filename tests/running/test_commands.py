"""Commands end with the code of their error and one message, never a traceback."""

import pytest

from oablib.running import commands


def call(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    try:
        code = commands.main(list(words))
    except SystemExit as left:
        code = left.code
    printed = capsys.readouterr()
    return int(code or 0), printed.out + printed.err


def test_list_names_every_run(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = call("list", capsys=capsys)
    assert code == 0
    assert "demo" in printed and "herijking-2021" in printed and "snijders-bosker" in printed


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("run", "demmo"), "demo"),
        (("run", "demo", "--set", "imputatons=3"), "did you mean 'imputations'"),
        (("run", "demo", "--set", "imputations"), "KEY=VALUE"),
        (("run", "demo", "--set", "n=ten"), "whole number"),
        (("run", "demo", "--data", "/nowhere/cohort.sav"), "cohort.sav"),
        (("rum", "demo"), "did you mean 'run'"),
        (("run", "demo", "--kernels", "plan"), "no --kernels 'plan'; did you mean 'plain'"),
        (("run", "demo", "--language", "dutch"), "no --language 'dutch'; known are: en, nl"),
        (
            ("run", "demo", "--set", "languages=de"),
            'languages is \'de\'; expected "en", "nl", or both',
        ),
        ((), "--help"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_code_2(
    words: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed = call(*words, capsys=capsys)
    assert code == 2
    assert expected in printed
    assert "Traceback" not in printed
