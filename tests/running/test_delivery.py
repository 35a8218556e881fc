"""The data of a run: drawn once and kept, or found; a country beside the cohort."""

from pathlib import Path

import country_files
import pytest

from oablib.base.errors import InputError
from oablib.params import run
from oablib.params.declared import RunParameters
from oablib.running import delivery

YEARS = ("children_2019.parquet", "children_2020.parquet")


def parameters(project: Path, **told: object) -> RunParameters:
    lines = {"title": '"T"', "n": 300, **told}
    text = "".join(f"{key}: {value}\n" for key, value in lines.items())
    (project / "params" / "runs" / "mine.yaml").write_text(text, encoding="utf-8")
    return run.run_parameters("mine")


@pytest.fixture
def work(project: Path) -> Path:
    (project / ".work").mkdir()
    return project / ".work"


def test_a_drawn_country_is_kept_until_something_changes(project: Path, work: Path) -> None:
    told = parameters(project, country="synthetic", country_share=0.003)
    assert not delivery.is_ready(told, work=work)
    made = delivery.prepare(told, work=work)
    assert made.country == "country"
    assert {f"country/{name}" for name in YEARS} <= made.country_files.keys()
    assert made.wanted(["delivery"]).keys() == made.files.keys()
    assert made.wanted(["country"]).keys() == made.country_files.keys()
    assert made.fingerprints(["country"]) == made.country_digests
    assert set(made.country_digests) <= set(made.inputs)
    assert delivery.is_ready(told, work=work)
    assert not delivery.is_ready(parameters(project, country="synthetic", country_share=0.004,
                                            ), work=work)  # fmt: skip
    path = work / "country" / YEARS[0]
    path.write_bytes(path.read_bytes()[:-1])
    assert not delivery.is_ready(told, work=work)


def test_a_run_without_a_country_has_no_files_of_one(project: Path, work: Path) -> None:
    made = delivery.prepare(parameters(project), work=work)
    assert (made.country, dict(made.country_files)) == ("", {})


def test_a_country_of_the_data_holder_is_found(project: Path, work: Path) -> None:
    folder = project / "given"
    for year in (2019, 2020):
        country_files.write(folder, country_files.children(300), year=year)
    told = parameters(project, country="given")
    delivery.fail_if_absent(told)
    made = delivery.prepare(told, work=work)
    assert made.country_files["country/sites.parquet"] == folder / "sites.parquet"
    assert "country/manifest.json" not in made.country_files


def test_what_a_country_lacks_is_listed_together(project: Path, work: Path) -> None:
    country_files.write(project / "given", country_files.children(300), year=2020)
    (project / "given" / "sites.parquet").unlink()
    with pytest.raises(InputError, match=r"lacks children_2019\.parquet, sites\.parquet"):
        delivery.fail_if_absent(parameters(project, country="given"))
