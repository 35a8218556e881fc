"""The children of a country as they are read: the same whatever the file's order, or refused."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import country_files
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from oablib import pupil_scores
from oablib.base.errors import EnvironmentFault, IncompleteRunError, InputError, SchemaError
from oablib.base.files import sha256
from oablib.indicator.pupil_scores import children as reading
from oablib.indicator.pupil_scores import education
from oablib.protocol import codebook
from oablib.protocol.codebook import Codebook

Spoil = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def book() -> Codebook:
    return codebook.load()


def refusal(tmp_path: Path, frame: pd.DataFrame, book: Codebook) -> str:
    folder = country_files.write(tmp_path, frame)
    with pytest.raises(SchemaError) as caught:
        pupil_scores.read(folder, year=2020, book=book)
    return str(caught.value)


def test_values_arrive_as_they_were_delivered(tmp_path: Path, book: Codebook) -> None:
    frame = country_files.children()
    read = pupil_scores.read(country_files.write(tmp_path, frame), year=2020, book=book)
    key = reading.keys_of(country_files.pa.chunked_array([frame["child_id"].tolist()]))
    frame = frame.iloc[np.argsort(key)]
    assert (read.key == np.sort(key)).all()
    for name, missing in (("education_mother", 99), ("origin", 99), ("residence_mother", 9)):
        expected = frame[name].astype(int).replace(missing, 255).to_numpy()
        assert (read.codes[name] == expected).all()
    shown = read.frame()
    schools = shown["school_id"].astype(object).fillna("").to_numpy()
    assert (schools == frame["school_id"].fillna("").to_numpy()).all()
    assert (shown["municipality"].astype(object).fillna("").to_numpy()
            == frame["municipality"].fillna("").to_numpy()).all()  # fmt: skip
    assert (read.toddler == (frame["child_group"] == 2)).all()
    income = frame["household_income"].replace(9999.0, np.nan)
    np.testing.assert_allclose(read.numbers["household_income"], income, rtol=1e-6)  # float32


@pytest.mark.parametrize(("seed", "row_group"), [(1, 7), (2, 100), (3, 10_000)])
def test_neither_the_order_of_rows_nor_row_groups_matter(
    tmp_path: Path, book: Codebook, seed: int, row_group: int
) -> None:
    frame = country_files.children()
    one = pupil_scores.read(country_files.write(tmp_path / "a", frame), year=2020, book=book)
    shuffled = frame.sample(frac=1, random_state=seed)
    folder = country_files.write(tmp_path / "b", shuffled, row_group=row_group)
    other = pupil_scores.read(folder, year=2020, book=book)
    for name in ("key", "site", "home", "registered"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    for name in (*one.codes, *one.numbers):
        both = [(each.codes.get(name), each.numbers.get(name)) for each in (one, other)]
        first, second = (a if a is not None else b for a, b in both)
        assert first.tobytes() == second.tobytes()


FAULTS: dict[str, tuple[Spoil, str]] = {
    "child twice (36)": (
        lambda f: pd.concat([f, f.iloc[:3]]),
        "column child_id: 3 values repeating the child_id",
    ),
    "child in two schools (37)": (
        lambda f: pd.concat([f, f.iloc[:2].assign(school_id="01AA00")]),
        "column child_id: 2 values repeating the child_id",
    ),
    "school that is not listed (38)": (
        lambda f: f.assign(school_id=f["school_id"].where(f["school_id"] != "00AA00", "99ZZ99")),
        r"column school_id: \d+ values not in the file of the table it links to",
    ),
    "municipality that is not listed (34)": (
        lambda f: f.assign(municipality=f["municipality"].replace("GM0363", "GM9999")),
        r"column municipality: \d+ values not in the file of the table it links to",
    ),
    "toddler at school": (
        lambda f: f.assign(school_id="00AA00"),
        r"column school_id: \d+ values of toddlers; expected none",
    ),
    "code outside its list (22)": (
        lambda f: f.assign(education_mother=42),
        "column education_mother: 900 values not among the categories; expected 1 .*, 2 ",
    ),
    "number outside its range (29)": (
        lambda f: f.assign(age=f["age"] * 12),
        r"column age: \d+ values outside the range; expected 2\.5 to 15 years",
    ),
    "value that must be there is empty": (
        lambda f: f.assign(child_group=[None, *f["child_group"][1:].astype(float)]),
        "column child_group: 1 value blank; expected a value in every row",
    ),
    "text in place of a number (21)": (
        lambda f: f.assign(age="ten"),
        "column age: 900 values not a finite number",
    ),
    "date in place of a number (21)": (
        lambda f: f.assign(age=pd.Timestamp("2014-01-01")),
        "column age: 900 values not a finite number",
    ),
    "leading zeros lost (23)": (
        lambda f: f.assign(child_id=f["child_id"].astype(int) % 100_000_000),
        r"column child_id: \d+ values not of the form .*leading zeros may be lost",
    ),
    "month that no year has (28)": (
        lambda f: f.assign(asylum_registered=[201913, 202000, *f["asylum_registered"][2:]]),
        "column asylum_registered: 2 values no month of a year; expected 01 to 12",
    ),
    "month with a part (28)": (
        lambda f: f.assign(asylum_registered=[201911.5, *f["asylum_registered"][1:]]),
        "column asylum_registered: 1 value not whole; expected whole numbers$",
    ),
    "columns that identify persons (20)": (
        lambda f: f.assign(BSN=f["child_id"], naam_kind="x"),
        r"children_2020\.parquet: columns that identify persons \(bsn, naam\)",
    ),
    "column under two names (13)": (
        lambda f: f.assign(AGE=f["age"]),
        "column age: delivered under 2 names",
    ),
    "code of another length (23)": (
        lambda f: f.assign(child_id=f["child_id"].str[1:]),
        "column child_id: 900 values not of the form ",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_reported_as_a_count(tmp_path: Path, book: Codebook, fault: str) -> None:
    spoil, expected = FAULTS[fault]
    frame = country_files.children()
    text = refusal(tmp_path, spoil(frame), book)
    assert re.search(expected, text), text
    assert not any(child in text for child in frame["child_id"])


OTHER_FORMS: dict[str, Spoil] = {
    "names in capitals": lambda f: f.rename(columns=str.upper),
    "labels in place of codes": lambda f: f.assign(
        child_group=f["child_group"].map({1: "Leerling van een basisschool", 2: "toddler"})
    ),
    "numbers as text": lambda f: f.assign(age=f["age"].astype(str)),
    "keys as dictionaries": lambda f: f.assign(child_id=f["child_id"].astype("category")),
    "blank school of toddlers": lambda f: f.assign(school_id=f["school_id"].fillna("")),
    "no month in place of 0": lambda f: f.assign(
        asylum_registered=f["asylum_registered"].replace(0, np.nan)
    ),
}


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_what_a_cohort_may_be_like_the_country_may_be_too(
    tmp_path: Path, book: Codebook, form: str
) -> None:
    frame = country_files.children()
    plain = pupil_scores.read(country_files.write(tmp_path / "a", frame), year=2020, book=book)
    folder = country_files.write(tmp_path / "b", frame)
    OTHER_FORMS[form](frame).to_parquet(folder / "children_2020.parquet", index=False)
    other = pupil_scores.read(folder, year=2020, book=book)
    for name in ("key", "site", "home", "registered"):
        assert getattr(plain, name).tobytes() == getattr(other, name).tobytes()
    assert (plain.codes["child_group"] == other.codes["child_group"]).all()
    assert (plain.numbers["age"] == other.numbers["age"]).all()


def test_all_absent_columns_are_listed_together(tmp_path: Path, book: Codebook) -> None:
    text = refusal(tmp_path, country_files.children().drop(columns=["origin", "asylum"]), book)
    assert ": 2 missing: asylum, origin; deliver every column of table children" in text


def test_repeated_sites_are_refused(tmp_path: Path, book: Codebook) -> None:
    places = pd.concat([country_files.sites(), country_files.sites().iloc[:2]])
    folder = country_files.write(tmp_path, country_files.children(), places=places)
    with pytest.raises(SchemaError, match="column school_id: 2 values repeating the school_id"):
        pupil_scores.read(folder, year=2020, book=book)


def test_a_site_in_a_municipality_that_is_not_listed_is_refused(
    tmp_path: Path, book: Codebook
) -> None:
    places = country_files.sites().replace("GM0363", "GM9999")
    folder = country_files.write(tmp_path, country_files.children(), places=places)
    with pytest.raises(SchemaError, match=r"sites\.parquet, column municipality: 4 values not in"):
        pupil_scores.read(folder, year=2020, book=book)


def test_a_byte_that_fell_over_is_found_without_a_manifest(tmp_path: Path, book: Codebook) -> None:
    """Of a part that is read late, when others have been taken in."""
    folder = country_files.write(tmp_path, country_files.children())
    path = folder / "children_2020.parquet"
    frame = pd.read_parquet(path)
    pq.write_table(
        country_files.pa.Table.from_pandas(frame), path, row_group_size=100,
        write_page_checksum=True,
    )  # fmt: skip
    last = pq.read_metadata(path).row_group(8).column(0)
    content = bytearray(path.read_bytes())
    content[last.data_page_offset + last.total_compressed_size // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"children_2020\.parquet is incomplete or damaged"):
        pupil_scores.read(folder, year=2020, book=book)


def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, book: Codebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = country_files.write(tmp_path, country_files.children())
    path = folder / "children_2020.parquet"
    compact = reading._compact

    def compact_and_append(*args: Any, **options: Any) -> Any:
        path.write_bytes(path.read_bytes() + b"PAR1")
        return compact(*args, **options)

    monkeypatch.setattr(reading, "_compact", compact_and_append)
    with pytest.raises(IncompleteRunError, match="changed while it was read"):
        pupil_scores.read(folder, year=2020, book=book)


def test_a_file_that_is_absent_or_cut_off_is_refused(tmp_path: Path, book: Codebook) -> None:
    folder = country_files.write(tmp_path, country_files.children())
    with pytest.raises(InputError, match=r"children_2019\.parquet does not exist"):
        pupil_scores.read(folder, year=2019, book=book)
    path = folder / "children_2020.parquet"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(
        InputError, match=r"children_2020\.parquet is incomplete or damaged: it begins as Parquet"
    ):
        pupil_scores.read(folder, year=2020, book=book)


@pytest.mark.parametrize("name", ["children_2020", "sites"])
def test_a_table_without_rows_is_refused(tmp_path: Path, book: Codebook, name: str) -> None:
    folder = country_files.write(tmp_path, country_files.children())
    path = folder / f"{name}.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    with pytest.raises(InputError, match=rf"{name}\.parquet holds no rows"):
        pupil_scores.read(folder, year=2020, book=book)


@pytest.mark.parametrize("name", ["sites", "children_2020"])
def test_a_file_other_than_its_manifest_says_is_refused(
    tmp_path: Path, book: Codebook, name: str
) -> None:
    folder = country_files.write(tmp_path, country_files.children())
    path = folder / f"{name}.parquet"
    digests = {each.name: sha256(each) for each in folder.glob("*.parquet")}
    rows = {each.name: pq.read_metadata(each).num_rows for each in folder.glob("*.parquet")}
    path.write_bytes(path.read_bytes() + b"PAR1")
    entries = [
        {"file": file, "sha256": digest, "rows": rows[file]} for file, digest in digests.items()
    ]
    (folder / "manifest.json").write_text(json.dumps({"files": entries}))
    with pytest.raises(InputError, match=f"{name}.parquet .* its sha256 is not the one in"):
        pupil_scores.read(folder, year=2020, book=book)
    entries = [{"file": file, "sha256": sha256(folder / file), "rows": 899} for file in digests]
    (folder / "manifest.json").write_text(json.dumps({"files": entries}))
    with pytest.raises(InputError, match=r"holds \d+ rows where manifest.json says 899"):
        pupil_scores.read(folder, year=2020, book=book)


def test_too_little_memory_is_reported_before_reading() -> None:
    reading.fail_if_memory_is_short(1_650_000, available=4 * 2**30)
    with pytest.raises(EnvironmentFault, match=r"16,500,000 children need about 6\.0 GiB"):
        reading.fail_if_memory_is_short(16_500_000, available=2**30)


def test_draws_of_other_children_are_refused(tmp_path: Path, book: Codebook) -> None:
    """A join that loses rows would lose children without a word (40)."""
    folder = country_files.write(tmp_path, country_files.children())
    read = pupil_scores.read(folder, year=2020, book=book)
    path = tmp_path / "draws.parquet"
    key = np.append(read.key[:5], np.array([1, 2], dtype=np.uint64))
    pd.DataFrame({"key": key, "education_mother_1": np.uint8(3)}).to_parquet(path)
    with pytest.raises(InputError, match="drawn for 2 children who are not among the 900"):
        education.averaged(path, read)


def test_random_numbers_depend_on_key_seed_and_purpose_alone() -> None:
    """Uniform in [0, 1), and the same child gets the same number in every order."""
    key = np.random.default_rng(1).integers(0, 2**63, 100_000).astype(np.uint64)
    one = reading.numbers_of(key, seed=1, purpose=1)
    assert (one >= 0).all() and (one < 1).all()
    order = np.random.default_rng(2).permutation(len(key))
    assert (reading.numbers_of(key[order], seed=1, purpose=1) == one[order]).all()
    others = [reading.numbers_of(key, seed=s, purpose=p) for s, p in ((2, 1), (1, 2))]
    for other in others:
        # Correlation of independent numbers has sd 1/sqrt(100,000) = 0.003; four of them.
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.013
    # Deciles hold 10,000 each; sd 95, five of them.
    assert np.abs(np.histogram(one, 10, (0, 1))[0] - 10_000).max() < 475
