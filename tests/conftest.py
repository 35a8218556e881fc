"""What holds for every test: one thread per process, as in the runs themselves."""

import os

# Set before numpy is imported, because its thread pools read them once.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

pytest_plugins = ["tests.fixtures"]
