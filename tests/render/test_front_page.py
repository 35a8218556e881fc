"""The page over all runs: complete without its script, which is the only one that may run."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from oablib.render import checks, front_page

HOSTILE = '<script>alert(1)</script> "q"'


def put(root: Path, run: str, title: str = "A title", **changes: object) -> None:
    folder = root / "reports" / run
    (folder / "notebooks").mkdir(parents=True)
    for name in ("index.html", "05_base_model.pdf", "notebooks/05_base_model.ipynb"):
        (folder / name).write_text("x", encoding="utf-8")
    page = '<h2 id="fit">Fit</h2><figure id="fig-dots"></figure>'
    (folder / "05_base_model.html").write_text(page, encoding="utf-8")
    report = {
        "stem": "05_base_model", "title": title, "question": title, "answer": title,
        "status": "complete", "pdf": "05_base_model.pdf",
        "notebook": "notebooks/05_base_model.ipynb",
        "sections": [{"id": "fit", "title": title}],
        "exhibits": [{"label": "fig-dots", "name": "Figure 1", "title": title}],
    }  # fmt: skip
    (folder / "nl" / "notebooks").mkdir(parents=True)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        (folder / "nl" / path.relative_to(folder)).write_bytes(path.read_bytes())
    languages = [
        {"language": "en", "folder": "", "reports": [report]},
        {"language": "nl", "folder": "nl", "reports": [report | {"title": f"nl {title}"}]},
    ]
    contents = {
        "schema": 2, "run": run, "title": {"en": title, "nl": f"nl {title}"},
        "drawn": {"cohort": True}, "languages": languages,
    }  # fmt: skip
    (folder / "contents.json").write_text(json.dumps(contents | changes), encoding="utf-8")


def attempt(root: Path, run: str, **changes: object) -> None:
    folder = root / ".work" / run
    folder.mkdir(parents=True, exist_ok=True)
    text = {"finished": False, "stage": "03_imputation", "when": "2026-11-23T08:00"} | changes
    (folder / "last_attempt.json").write_text(json.dumps(text), encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "reports").mkdir()
    return tmp_path


def page(root: Path) -> str:
    front_page.write(root / "reports")
    return (root / "reports" / "index.html").read_text(encoding="utf-8")


def test_runs_stand_in_order_with_links_that_lead_somewhere(root: Path) -> None:
    put(root, "second")
    put(root, "first")
    html = page(root)
    assert html.index("first/index.html") < html.index("second/index.html")
    for part in (".html", ".pdf", ".html#fit", ".html#fig-dots"):
        assert f'href="first/05_base_model{part}"' in html
        assert f'href="first/nl/05_base_model{part}"' in html
    assert checks.broken(root / "reports") == []


def test_the_content_policy_names_the_script_and_no_other(root: Path) -> None:
    html = page(root)
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
    assert "default-src 'none'" in html


def test_texts_of_reports_are_inert(root: Path) -> None:
    put(root, "demo", title=HOSTILE)
    html = page(root)
    assert html.count("<script>") == 1
    assert "&lt;script&gt;alert(1)" in html


@pytest.mark.parametrize(
    "text", ["", "[]", '{"schema": 1}', '{"schema": 2}', '{"schema": 99}', "\x00"]
)
def test_contents_that_cannot_be_read_are_left_out(root: Path, text: str) -> None:
    put(root, "good")
    put(root, "bad")
    (root / "reports" / "bad" / "contents.json").write_text(text, encoding="utf-8")
    assert "bad/" not in page(root)
    assert "good/index.html" in page(root)


def test_a_failed_attempt_is_shown_beside_the_report_before(root: Path) -> None:
    put(root, "demo")
    attempt(root, "demo")
    html = page(root)
    when = "2026-11-23T08:00"
    assert f"The last attempt stopped in 03_imputation, {when}. Shown is the report before." in html
    assert f"De laatste poging stopte in 03_imputation, {when}. Getoond wordt het vorige" in html
    attempt(root, "demo", finished=True)
    assert "stopped" not in page(root).split("<main")[1].split("<script")[0]


def test_a_run_that_has_only_failed_is_listed_without_links(root: Path) -> None:
    attempt(root, "trial")
    html = page(root)
    assert "There is no report yet." in html
    assert 'href="trial/' not in html


def test_search_needs_the_script_and_the_list_does_not(root: Path) -> None:
    put(root, "demo")
    html = page(root)
    assert '<div class="search" hidden' in html
    assert "Figure 1. A title" in html


def half(html: str, code: str) -> str:
    """What the page has in one language."""
    return html.split(f'<div class="frame overview" id="{code}"')[1].split("data-language=", 2)[1]


def test_each_language_has_its_list_and_says_which_it_is(root: Path) -> None:
    put(root, "demo")
    html = page(root)
    for code, word, title in (("en", "Run", ">A title<"), ("nl", "Zoeken", ">nl A title<")):
        assert f'id="{code}" lang="{code}" data-language="{code}"' in html
        assert word in half(html, code)
        assert title in half(html, code)
    assert "Made from synthetic data" in half(html, "en")
    assert "Gemaakt met synthetische gegevens" in half(html, "nl")


def test_reports_of_one_language_are_in_both_lists_with_a_mark(root: Path) -> None:
    put(root, "demo")
    path = root / "reports" / "demo" / "contents.json"
    contents = json.loads(path.read_text(encoding="utf-8"))
    only = {"title": {"nl": "Proef"}, "languages": [{**contents["languages"][1], "folder": ""}]}
    path.write_text(json.dumps(contents | only), encoding="utf-8")
    html = page(root)
    assert '<h2 id="entry-en-demo" lang="nl"><a href="demo/index.html">Proef' in half(html, "en")
    assert '<ol class="reports" lang="nl">' in half(html, "en")
    assert 'lang="nl"' not in half(html, "nl").partition("<header>")[2].partition('class="get"')[0]


def test_delivered_data_are_called_so(root: Path) -> None:
    put(root, "demo", drawn={"cohort": False, "country": True})
    html = page(root)
    assert "The cohort is delivered. The data of the country are synthetic" in html
    put(root, "other", drawn={"cohort": False})
    assert "Made from delivered data." in page(root)
