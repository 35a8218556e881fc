"""A child is known again by its delivered record, whatever is imputed for it."""

from pathlib import Path

import country_files as files
import numpy as np
import pandas as pd

from oablib import pupil_scores
from oablib.disclosure.of_places import published
from oablib.indicator.pupil_scores import Children
from oablib.protocol import codebook


def read(folder: Path, children: pd.DataFrame, sites: pd.DataFrame) -> Children:
    files.write(folder, children, places=sites)
    return pupil_scores.read(folder, year=files.YEAR, book=codebook.load())


def test_one_changed_record_is_one_changed_digest(tmp_path: Path) -> None:
    children, sites = files.children(), files.sites()
    first = read(tmp_path / "a", children, sites)
    children.loc[7, "education_mother"] = 9 - children.loc[7, "education_mother"]
    second = read(tmp_path / "b", children, sites)
    assert (first.key == second.key).all()
    assert np.count_nonzero(published.delivered(first) != published.delivered(second)) == 1


def test_a_site_more_changes_no_child(tmp_path: Path) -> None:
    children, sites = files.children(), files.sites()
    more = pd.concat([files.sites(1).assign(school_id="00AA99"), sites], ignore_index=True)
    first, second = (
        read(tmp_path / name, children, listed) for name, listed in (("a", sites), ("b", more))
    )
    assert (published.delivered(first) == published.delivered(second)).all()
