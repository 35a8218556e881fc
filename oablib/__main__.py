"""`python -m oablib` does what `oab` does."""

import sys

from oablib.running.commands import main

sys.exit(main())
