"""How long what is private stays: params/rules/housekeeping.yaml."""

import datetime
from dataclasses import dataclass
from typing import Annotated

from oablib.params import dated, kinds

RULE = "housekeeping"


@dataclass(frozen=True, slots=True)
class Rules:
    """Fields are the keys of the file, in days.

    unused_days: since a run last used a private folder or kept tables. certificate_days: that
    certificates of a cluster are valid.
    """

    unused_days: Annotated[int, kinds.between(1, 3650)]
    certificate_days: Annotated[int, kinds.between(1, 30)]


DECLARED = dated.declared(Rules)


def rules() -> Rules:
    """Read params/rules/housekeeping.yaml as in force today.

    Raises ParameterError naming every fault with its line.
    """
    today = datetime.datetime.now(tz=datetime.UTC).date()
    return dated.values(Rules, RULE, DECLARED, date=today)
