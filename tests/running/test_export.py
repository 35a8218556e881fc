"""A report leaves as one zip in which every file is vouched for, or nothing leaves."""

import csv
import hashlib
import io
import json
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from oablib.base.errors import DisclosureError, EnvironmentFault, IncompleteRunError, InputError
from oablib.running import commands
from oablib.running.export import output, payer
from tests.running import finished_report
from tests.running.finished_report import ALLOCATION, CERTAINTY, GRANTS, INTAKE, PAYER, RUN, SHARES

PAGES = {f"{name}.{code}.{kind}" for code in ("en", "nl") for name, kind in
         ((INTAKE, "html"), (INTAKE, "pdf"), ("index", "html"))}  # fmt: skip
TABLES = {"table_population.csv", "table_intake_steps.csv", "n_table_intake_steps.csv",
          "n_table_population.csv", f"{INTAKE}.tbl-shares.en.csv", f"{INTAKE}.tbl-shares.nl.csv",
          f"n_{INTAKE}.tbl-shares.csv"}  # fmt: skip
OTHERS = {"manifest.json", "SHA256SUMS", "output_description.csv", "output_description.html"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def report(root: Path) -> Path:
    return finished_report.make(root)


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def form(path: Path) -> dict[str, dict[str, str]]:
    text = contents(path)["output_description.csv"].decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    return {row["files / bestanden"]: row for row in rows}


def left(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_zip_is_flat_and_its_sums_are_those_of_its_files(report: Path) -> None:
    found = contents(output.export(RUN))
    assert found.keys() == PAGES | TABLES | OTHERS
    sums = dict(line.split("  ")[::-1] for line in found["SHA256SUMS"].decode().splitlines())
    assert sums.keys() == found.keys() - {"SHA256SUMS"}
    assert all(hashlib.sha256(found[name]).hexdigest() == digest for name, digest in sums.items())
    assert found[f"{INTAKE}.nl.pdf"] == (report / "nl" / f"{INTAKE}.pdf").read_bytes()


def test_the_same_report_gives_the_same_bytes_whenever_and_by_whomever(
    report: Path, tmp_path: Path
) -> None:
    first = output.export(RUN).read_bytes()
    for path in report.rglob("*"):
        os.utime(path, (10**9, 10**9))
        path.chmod(0o700)
    assert output.export(RUN, out=tmp_path / "elsewhere").read_bytes() == first


def test_the_form_gives_the_smallest_and_largest_n_and_the_rules(report: Path) -> None:
    lines = form(output.export(RUN))
    shares = lines[f"{INTAKE}.tbl-shares"]
    assert shares["title / titel"] == "Shares en / Shares nl"
    assert shares["population or selection / populatie of selectie"] == "pupils of some schools"
    assert (shares["smallest n / kleinste n"], shares["largest n / grootste n"]) == ("40", "40")
    assert shares["cells hidden / verborgen cellen"] == "2"
    assert shares["at least 10 units / ten minste 10 eenheden"] == "met / voldaan"
    of_df = "at least 10 degrees of freedom / ten minste 10 vrijheidsgraden"
    assert shares[of_df] == "does not apply / niet van toepassing"
    assert "2,400 children in 171 schools" in " ".join(lines["table_intake_steps"].values())
    behind = contents(output.export(RUN))[f"n_{INTAKE}.tbl-shares.csv"].decode().splitlines()
    assert behind == ["group,n,share", "one,40,40", "two,,"]


def test_an_exception_is_on_the_form_with_its_reason(report: Path) -> None:
    path = report / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["parameters"] |= {"disclosure_profile": "by_law", "disclosure_reason": "a <reason>"}
    path.write_text(json.dumps(manifest))
    page = contents(output.export(RUN))["output_description.html"].decode()
    assert "a &lt;reason&gt;" in page


def test_what_is_not_as_the_manifest_says_is_refused_and_the_earlier_zip_stays(
    report: Path,
) -> None:
    path = output.export(RUN)
    before = left(path.parent)
    (report / "tables" / "intake_steps.csv").write_text("other\n")
    with pytest.raises(IncompleteRunError, match=r"intake_steps\.csv: changed"):
        output.export(RUN)
    assert left(path.parent) == before


def test_a_cell_that_may_not_leave_stops_with_code_3(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finished_report.make(root, shares=SHARES.assign(n=[40.0, 7.0], share=[0.5, 0.5]))
    assert commands.main(["export", RUN]) == 3
    said = capsys.readouterr().err
    assert "column n, row 2: fewer than 10 children" in said and " 7" not in said
    assert not (root / ".work" / RUN / "export").exists()


def test_numbers_on_a_page_other_than_those_checked_are_refused(report: Path) -> None:
    path = report / "downloads" / INTAKE / "tbl-shares.csv"
    path.write_bytes(path.read_bytes().replace(b"40", b"41"))
    manifest = json.loads((report / "manifest.json").read_text())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest["files"][path.relative_to(report).as_posix()] = digest
    (report / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(IncompleteRunError, match=r"tbl-shares \(en\)"):
        output.export(RUN)


def test_a_report_whose_results_are_gone_cannot_be_checked_again(report: Path, root: Path) -> None:
    shutil.rmtree(root / ".work" / ".cache" / INTAKE)
    with pytest.raises(IncompleteRunError, match=f"1 of its 3 stages .*{INTAKE}"):
        output.export(RUN)
    assert not (root / ".work" / RUN).exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [(["yours"], 2), (["../mine"], 2), ([RUN, "--out", "{root}/reports/mine"], 2),
     ([RUN, "--for", "payer", "--out", "{root}/reports/mine/payer"], 3),
     ([RUN, "--for", "somebody"], 2)],
)  # fmt: skip
def test_refusals_by_exit_code_leave_reports_as_they_were(
    report: Path, root: Path, words: list[str], code: int
) -> None:
    before = {path: path.stat().st_mtime_ns for path in report.rglob("*")}
    assert commands.main(["export", *(word.format(root=root) for word in words)]) == code
    assert {path: path.stat().st_mtime_ns for path in report.rglob("*")} == before
    assert not (root / ".work" / "yours").exists()


def test_a_full_disk_leaves_the_earlier_zip(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = output.export(RUN)
    before, write = left(path.parent), zipfile.ZipFile.writestr
    written = []

    def fail(self: zipfile.ZipFile, *given: object, **options: object) -> None:
        if len(written) == 3:
            raise OSError(28, "No space left on device", "mine.zip")
        written.append(given)
        write(self, *given, **options)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(EnvironmentFault, match="No space left"):
        output.export(RUN)
    assert left(path.parent) == before


def test_the_payer_gets_exact_tables_that_nobody_else_can_read(report: Path) -> None:
    folder = payer.export(RUN)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert_frame_equal(pd.read_parquet(folder / "sites.parquet"), PAYER["payer_sites"])
    exact = pd.read_csv(folder / "municipalities.csv")
    assert exact["A"][0] == 0.1 + 0.2 != 0.3
    schools = pd.read_csv(folder / "schools.csv").set_index("brin")
    assert schools["achterstandsscore"].to_dict() == {"00AA": 30.3, "01BB": 0.0}
    grants = pd.read_csv(folder / "grants.csv")
    assert grants["grant_cents"].tolist() == [1_234_567_891, 0]


def test_the_payer_learns_what_made_the_tables(report: Path) -> None:
    folder = payer.export(RUN)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["reference_dates"] == ["2020-10-01", "2019-10-01"]
    made = json.loads((report / "manifest.json").read_text())["stages"]
    stems = (ALLOCATION, CERTAINTY)
    assert manifest["stages"] == {stem: made[stem]["key"] for stem in stems}
    assert manifest["tables"] == made[ALLOCATION]["writes"] | made[CERTAINTY]["writes"]
    digests = {name: hashlib.sha256(text).hexdigest() for name, text in left(folder).items()}
    assert digests.pop("manifest.json") and manifest["files"] == digests
    assert "single children follow" in manifest["note"]


def test_a_folder_that_others_can_read_is_refused_and_one_of_its_owner_is_not(
    report: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "handed on"
    folder.mkdir(mode=0o755)
    with pytest.raises(DisclosureError, match="chmod 700"):
        payer.export(RUN, out=folder)
    assert left(folder) == {}
    folder.chmod(0o700)
    assert left(payer.export(RUN, out=folder)).keys() >= {"grants.csv", "manifest.json"}


def test_a_run_without_country_has_nobody_to_pay(root: Path) -> None:
    finished_report.make(root, country="")
    with pytest.raises(InputError, match="without a country"):
        payer.export(RUN)


def test_tables_that_are_gone_or_changed_are_refused(report: Path, root: Path) -> None:
    shutil.rmtree(root / ".work" / ".cache" / ALLOCATION)
    private = root / ".work" / RUN / "private"
    private.mkdir(parents=True)
    for name, frame in PAYER.items():
        frame.to_parquet(private / f"{name}.parquet", index=False)
    assert payer.export(RUN)
    GRANTS.assign(grant=1.0).to_parquet(private / "payer_grants.parquet", index=False)
    with pytest.raises(InputError, match=r"1 are no longer .*payer_grants.*oab run mine"):
        payer.export(RUN)
