"""What direct effects are compared over: params/rules/effects.yaml."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oablib.base.language import Words
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
class Profile(kinds.Declaration):
    """An example child: its name in both languages, and its categories but for references."""

    title: kinds.Text
    title_nl: kinds.Text
    values: Mapping[str, kinds.Text]

    @property
    def name(self) -> str:
        """Its name in the language in use."""
        return str(Words(en=self.title, nl=self.title_nl))


@showable()
@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """When a comparison is made, and of what.

    level: of tests. far: standard errors, beyond which a move of an effect counts. least_children:
    with and without a characteristic. least_part: children of a wave, or with an early outcome.
    reliabilities: of the mediator, rising to 1. clusters: columns beside the model's own.
    early_outcome: column. explained: part -> columns. published: name in params/published.
    profiles: example children.
    """

    level: kinds.Share
    far: kinds.Positive
    least_children: kinds.Count
    least_part: kinds.Count
    least_clusters: kinds.Count
    reliabilities: tuple[kinds.Portion, ...]
    clusters: tuple[kinds.Text, ...]
    early_outcome: kinds.Text
    explained: Mapping[str, Part]
    published: kinds.Text
    profiles: tuple[Profile, ...]

    def faults(self) -> Iterable[kinds.Fault]:
        """Reliabilities that do not rise to 1, with which one at least is compared."""
        values = list(self.reliabilities)
        rise = values == sorted(set(values))
        if not rise or len(values) < 2 or values[0] <= 0 or values[-1] != 1:
            expected = "two or more rising numbers above 0, the last of them 1.0."
            yield ("reliabilities",), f"expected {expected}"


DECLARED = Rules


def rules(name: str = "effects") -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
