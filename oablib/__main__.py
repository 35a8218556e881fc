"""`python -m oablib` does what `oab` does."""

import sys

from oablib.cli import main

sys.exit(main())
