"""One delivery in three formats gives the same cohort, to the byte."""

from pathlib import Path

import pandas as pd
import pytest

from oablib import synthetic
from tests.runs.conftest import IN_ENGLISH, RunOab

INTAKE = ("--only", "01", "--set", "country=", "--quiet", IN_ENGLISH)


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.deliver(tmp_path_factory.mktemp("delivery"), n=1200, seed=4).parent


def written(root: Path) -> dict[str, bytes]:
    """What later stages read, and the results tables; their keys are made of these bytes."""
    return {path.name: path.read_bytes() for path in (root / ".work" / "demo").glob("*/*.parquet")}


def test_sav_csv_and_parquet_give_an_identical_cohort(
    oab: RunOab, root: Path, delivery: Path
) -> None:
    found = []
    for end in ("sav", "csv", "parquet"):
        done = oab("run", "demo", "--data", str(delivery / f"cohort.{end}"), *INTAKE)
        assert done.returncode == 0, done.stderr
        found.append(written(root))
    assert {"cohort.parquet", "population.parquet", "intake_steps.parquet"} <= found[0].keys()
    assert found[0] == found[1] == found[2]
    assert len(pd.read_parquet(root / ".work" / "demo" / "private" / "cohort.parquet")) > 1000
