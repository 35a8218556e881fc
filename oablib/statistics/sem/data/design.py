"""Columns of the data that are no variables of a model: clusters, groups and weights."""

from dataclasses import dataclass

from oablib.base.errors import ModelError
from oablib.statistics.sem import arguments


@dataclass(frozen=True, slots=True)
class Design:
    """Columns of the data that are no variables of the model: as given to `fit`.

    Raises ModelError for clusters, groups or weights that are no name of a column.
    """

    cluster: str | None = None
    group: str | None = None
    weights: str | None = None
    cluster_correction: bool = True

    def __post_init__(self) -> None:
        for role in ("cluster", "group", "weights"):
            arguments.column(role, getattr(self, role))
        arguments.switch("cluster_correction", self.cluster_correction)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that are asked for."""
        every = (self.cluster, self.group, self.weights)
        return tuple(name for name in every if name is not None)

    def of_prepared(self, used: "Design") -> "Design":
        """The design of prepared data, if what is asked for here does not contradict it."""
        if used.cluster_correction and not self.cluster_correction:
            raise ModelError(
                "cluster_correction=False, but the data were prepared with it; prepare them anew."
            )
        for role in ("cluster", "group", "weights"):
            asked, column = getattr(self, role), getattr(used, role)
            if asked not in (None, column):
                raise ModelError(
                    f"{role}={asked!r}, but the data were prepared with {role}={column!r}; "
                    "prepare them anew or leave the option out."
                )
        return used
