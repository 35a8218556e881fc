"""What direct effects are compared over: params/rules/effects.yaml."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oablib.base.shown import showable
from oablib.params import checked, kinds


@showable()
@dataclass(frozen=True, slots=True)
class Part(kinds.Declaration):
    """Columns whose explained variance is shown, and their name in the published list."""

    columns: tuple[str, ...]
    published: kinds.Text


@showable()
@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """level: of tests. least_children, least_clusters: for a comparison to be made.

    reliabilities: of the mediator, rising to 1. clusters: columns beside the model's own.
    early_outcome: column. explained: part -> columns. published: name in params/published.
    """

    level: kinds.Share
    least_children: kinds.Count
    least_clusters: kinds.Count
    reliabilities: tuple[kinds.Portion, ...]
    clusters: tuple[kinds.Text, ...]
    early_outcome: kinds.Text
    explained: Mapping[str, Part]
    published: kinds.Text

    def faults(self) -> Iterable[kinds.Fault]:
        """Reliabilities that do not rise to 1, with which all others are compared."""
        values = list(self.reliabilities)
        if values != sorted(set(values)) or not values or values[0] <= 0 or values[-1] != 1:
            yield ("reliabilities",), "expected rising numbers above 0, the last of them 1.0."


DECLARED = Rules


def rules(name: str = "effects") -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
