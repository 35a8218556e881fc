"""Which column of the cohort plays which part, whatever paths a model has.

What depends on these alone is the same for all models that agree on them: intake, and what
registers know of the children of the country.
"""

from dataclasses import dataclass, fields

import pandas as pd

from oablib.base.shown import showable
from oablib.protocol import models
from oablib.protocol.models import Model

ROLES_ONLY = "OAB_ROLES_ONLY"
"""Set for the kernel of a stage that declares to ask for roles alone."""


@showable()
@dataclass(frozen=True, slots=True)
class Roles:
    """Outcome, mediator, cluster and wave; columns with unknown values; columns that help."""

    outcome: str
    mediator: str
    cluster: str
    wave: str
    imputed: tuple[str, ...]
    auxiliary: tuple[str, ...]

    def waves(self, frame: pd.DataFrame) -> pd.Series:
        """Wave of each child of a frame; "all" for everybody in a model without waves."""
        wave = frame[self.wave] if self.wave else pd.Series("all", index=frame.index)
        return wave.rename("wave")


HasRoles = Model | Roles
"""A model, or its roles alone."""


def load(name: str) -> Roles:
    """Roles in params/models/<name>.yaml; raises as models.load."""
    model = models.load(name)
    return Roles(**{field.name: getattr(model, field.name) for field in fields(Roles)})
