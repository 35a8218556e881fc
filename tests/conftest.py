"""What holds for every test: one thread per process, as in the runs themselves."""

import os
from collections.abc import Iterator

import pytest

from oablib.base import language

# Set before numpy is imported, because its thread pools read them once.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

pytest_plugins = ["tests.fixtures"]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What is shown comes in one language, that of the source, unless a test chooses another."""
    with language.use("en"):
        yield
