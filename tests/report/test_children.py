"""What the page on the children says, in each of its cases and in both languages."""

import pandas as pd
import pytest

from oablib.base import language
from oablib.protocol import codebook
from oablib.report import children as report
from oablib.report import labels
from oablib.report.exhibit import About

LABELS = labels.labels(codebook.load().table("cohort"), [])
DELIVERED = About("all", drawn=False)
SITES = {"listed": 6286, "empty": 38, "with_pupils": 6248, "excluded": 6, "counted": 6242}


@pytest.mark.parametrize(
    ("published", "en"),
    [
        (6248, "The publication has as many sites with pupils, 6,248."),
        (6242, "The publication has as many sites that count, 6,242."),
        (312, "For the whole country 312 sites are published."),
    ],
)
def test_counts_of_sites_are_reconciled(published: int, en: str) -> None:
    frame = pd.DataFrame({"what": list(SITES), "sites": list(SITES.values())})
    text = report.sites_sentence(frame, about=DELIVERED)
    for count in ("6,286", "38", "6,248", "6", "6,242", "6,280"):
        assert f" {count}" in text
    assert "publi" not in text
    beside = frame.assign(published=frame["what"].map({"with_pupils": float(published)}))
    assert report.sites_sentence(beside, about=DELIVERED) == f"{text} {en}"
    drawn = report.sites_sentence(beside, about=About("all", drawn=True))
    assert drawn == f"{text} {en} The country was drawn with the published numbers."
    with language.use("nl"):
        assert "6.280 rijen" in report.sites_sentence(beside, about=DELIVERED)


def known(first: float, last: float, *, published: float | None = None) -> pd.DataFrame:
    rows = [
        {"years": year, "parent": parent, "children": 10, "known": share, "published": printed}
        for parent in ("father", "mother")
        for year, share, printed in ((0, first, None), (8, last, published))
    ]
    return pd.DataFrame(rows)


def test_parents_of_younger_children_are_better_known_or_not() -> None:
    text = report.known_sentence(known(0.6, 0.5), about=DELIVERED)
    assert "known more often for younger children" in text and "60% to 50%" in text
    assert "published" not in text
    assert "not known more often" in report.known_sentence(known(0.5, 0.6), about=DELIVERED)
    beside = report.known_sentence(known(0.6, 0.5, published=0.488), about=DELIVERED)
    assert "published share is 1.2 percentage points" in beside
    with language.use("nl"):
        assert "1,2 procentpunt" in report.known_sentence(
            known(0.6, 0.5, published=0.488), about=DELIVERED
        )


@pytest.mark.parametrize(
    ("drawn", "en", "nl"),
    [(0.2, "are more frequent where", "komen vaker voor"), (0.05, "are not more", "niet vaker")],
)
def test_low_levels_are_more_frequent_or_not(drawn: float, en: str, nl: str) -> None:
    frame = pd.DataFrame(
        {"variable": "education_father", "code": [1, 2], "known": [0.1, 0.1], "drawn": drawn}
    )
    assert en in report.levels_sentence(frame, labels=LABELS)
    with language.use("nl"):
        text = report.levels_sentence(frame, labels=LABELS)
    assert text.startswith("Opleidingsniveau van de vader") and nl in text


def test_the_answer_counts_children_and_what_is_unknown() -> None:
    country = pd.DataFrame(
        [{"reference_date": "2022-02-01", "children": 1200, "pupils": 1000, "toddlers": 200,
          "sites": 7}]
    )  # fmt: skip
    absent = pd.DataFrame({"absent": ["nobody", "child"], "share": [0.93, 0.07]})
    text = report.answer(country, absent, known(0.6, 0.5))
    for part in ("On 1 February 2022", "**1,200 children**", "45% of fathers", "**7.0% of"):
        assert part in text
    with language.use("nl"):
        text = report.answer(country, absent, known(0.6, 0.5))
    assert "Op 1 februari 2022" in text and "**7,0% van de kinderen**" in text
