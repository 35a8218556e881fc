"""A rule of the selection that cannot be meant is refused with its file and line."""

from pathlib import Path

import pytest

from oablib import prediction, selection
from oablib.base.errors import ParameterError


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("selection", "test: D2", "test: D3", "forward.test is 'D3'; expected one of D2, D1"),
        ("selection", "robust: true", "robust: yes", "forward.robust is 'yes'"),
        ("selection", "alpha: 0.05  ", "alpha: 1.5  ", "forward.alpha is 1.5"),
        (
            "selection",
            "criterion: bic",
            "criterium: bic",
            "unknown key 'backward.criterium'; did you",
        ),
        ("prediction", "test_share: 0.2 ", "test_share: 2 ", "test_share is 2"),
        ("prediction", "imputations: 2 ", "imputations: 0 ", "imputations is 0"),
        ("prediction", "share: 0.309", "share: 0.5", "that sum to 1"),
        ("prediction", "groups: 10 ", "deciles: 10 ", "unknown key 'deciles'"),
    ],
)
def test_faults_have_file_and_line(
    own_rules: Path, name: str, old: str, new: str, said: str
) -> None:
    path = own_rules / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    read = {"selection": selection.rules, "prediction": prediction.rules}[name]
    with pytest.raises(ParameterError) as caught:
        read()
    assert said in str(caught.value)
    assert f"params/rules/{name}.yaml line " in str(caught.value)
