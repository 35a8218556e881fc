"""Links that lead nowhere are found, and those that lead somewhere are not."""

from pathlib import Path

import pytest

from oablib.render import checks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.html").write_text('<h2 id="here">b</h2>', encoding="utf-8")
    (tmp_path / "fit.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "empty.csv").touch()
    return tmp_path


def found(folder: Path, target: str, tag: str = "a") -> list[str]:
    kind = "src" if tag == "img" else "href"
    page = (
        f'<h2 id="caf\N{LATIN SMALL LETTER E WITH ACUTE}">x</h2><{tag} {kind}="{target}">y</{tag}>'
    )
    (folder / "a.html").write_text(page, encoding="utf-8")
    return checks.broken(folder)


@pytest.mark.parametrize(
    "target",
    [
        *("fit.csv", "other/b.html", "other/b.html#here", "#caf%C3%A9"),
        *("https://example.org/x", "mailto:a@b.nl"),
    ],
)
def test_what_leads_somewhere_is_accepted(folder: Path, target: str) -> None:
    assert found(folder, target) == []


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("absent.csv", "absent or empty"),
        ("empty.csv", "absent or empty"),
        ("other/b.html#gone", "a place that is not there"),
        ("#gone", "a place that is not there"),
        ("../outside.html", "outside the folder"),
        ("/etc/passwd", "no relative link"),
        ("http://example.org", "no relative link"),
        ("//example.org/x", "no relative link"),
        ("file:///x", "no relative link"),
        ("", "no relative link"),
    ],
)
def test_what_leads_nowhere_is_named_with_its_page(folder: Path, target: str, why: str) -> None:
    (fault,) = found(folder, target)
    assert fault.startswith("a.html: ")
    assert why in fault


def test_pictures_count_and_those_in_the_page_are_there(folder: Path) -> None:
    assert found(folder, "absent.png", tag="img")
    assert found(folder, "data:image/png;base64,iVBORw0KGgo=", tag="img") == []
