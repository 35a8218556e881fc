"""Files of a data holder, checked against the codebook."""

from oablib.intake.reading import Delivery, in_memory, read
