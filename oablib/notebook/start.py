"""All that a notebook needs of its run, in one call."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from oablib import params
from oablib.base import hidden_rows
from oablib.base.errors import ModelError, ParameterError
from oablib.base.shown import showable
from oablib.base.wording import did_you_mean
from oablib.notebook import by_hand, store
from oablib.notebook.store import Store
from oablib.params import cell
from oablib.protocol import codebook, models, roles
from oablib.protocol.codebook import Codebook, Table
from oablib.protocol.models import Model
from oablib.protocol.roles import ROLES_ONLY, Roles
from oablib.report import exhibit, labels
from oablib.report.exhibit import About
from oablib.report.labels import Labels

IN_RUN = "OAB_RESULTS"
"""Set for the kernel of a run, which gives every parameter a value."""


def start(namespace: Mapping[str, Any]) -> "NotebookStage":
    """Open the run of a notebook; namespace: its globals().

    A value that was given, in the parameters cell or by papermill, is used as it is. All others
    come from the file of the run, and the options that the run was last made with; without `run`
    from the last run. In a notebook that is opened by hand one printed line says which is which,
    and rows of frames are hidden until `show_rows`.
    Raises ParameterError for a name that the notebook does not declare and for a value that does
    not fit, EnvironmentFault when no project is found.
    """
    parameters = cell.in_namespace(namespace)
    if IN_RUN in os.environ:
        run = str(parameters.given["run"])
        return NotebookStage(**vars(store.of_run(run)), values=parameters.given, origins={})
    used = by_hand.values_for(parameters)
    tables = store.beside_run(used.run)
    hidden_rows.hide()
    print(used.line)
    if made := tables.made_by_hand():
        print(
            f"Made by hand, and read in place of the run's tables: {', '.join(made)}. Remove "
            f"{params.WORK}/{used.run}/{store.BY_HAND} to read the run's again."
        )
    return NotebookStage(**vars(tables), values=used.values, origins=used.origins)


@showable()
@dataclass(frozen=True, repr=False, kw_only=True)
class NotebookStage(Store):
    """The tables of a run, its parameters, and what these name, loaded when asked for.

    values: parameters that the notebook declares; each is an attribute as well (`stage.seed`).
    origins: where each value came from; empty in a run.
    """

    values: Mapping[str, str | int | float]
    origins: Mapping[str, str]

    def __getattr__(self, name: str) -> Any:
        values = object.__getattribute__(self, "values")
        if name in values:
            return values[name]
        known = [*values, *(each for each in dir(type(self)) if not each.startswith("_"))]
        raise AttributeError(f"the stage has no {name!r}{did_you_mean(name, known)}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.values})

    @property
    def is_as_run(self) -> bool:
        """Whether all tables belong to the values used here: nothing but the run was given."""
        given = {name for name, origin in self.origins.items() if origin == by_hand.GIVEN}
        return not (given - {"run"} or self.made_by_hand())

    @cached_property
    def codebook(self) -> Codebook:
        """The codebook that the run names."""
        return codebook.load(self._named("codebook"))

    @cached_property
    def table(self) -> Table:
        """The cohort, as the codebook describes it."""
        return self.codebook.table("cohort")

    @cached_property
    def model(self) -> Model:
        """The model that the run names. Raises ModelError in a stage that declares roles only."""
        if ROLES_ONLY in os.environ:
            raise ModelError("This stage declares the roles of columns only; use `stage.roles`.")
        return models.load(self._named("model"))

    @cached_property
    def roles(self) -> Roles:
        """Which column plays which part in the model that the run names."""
        return roles.load(self._named("model"))

    @cached_property
    def variants(self) -> dict[str, Model]:
        """The run's model and its variants, by name, the model first."""
        names = str(self.values.get("variants", ""))
        return models.load_several(names, first=self._named("model"))

    @cached_property
    def labels(self) -> Labels:
        """Labels of variables, categories and models, in the language in which they are shown."""
        models = () if ROLES_ONLY in os.environ else self.variants.values()
        return labels.labels(self.table, models)

    @cached_property
    def models(self) -> dict[str, Model]:
        """Models that were given here, or else all on the run's codebook, by name."""
        if by_hand.GIVEN in (self.origins.get("model"), self.origins.get("variants")):
            return self.variants
        every = (models.load(name) for name in params.names("models"))
        return {each.name: each for each in every if each.codebook == self._named("codebook")}

    @cached_property
    def published(self) -> Mapping[str, Any] | None:
        """Published figures to compare with; None when the run names none."""
        name = self._named("published")
        return params.published(name) if name else None

    @cached_property
    def about(self) -> About:
        """Population, n and source of the cohort, for captions."""
        return exhibit.about(self.read_result("population"))

    @cached_property
    def about_country(self) -> About:
        """Population, n and source of the children of the country, for captions."""
        return exhibit.about_country(self.read_result("country_facts"))

    def show_rows(self) -> None:
        """Show rows of frames at the end of a cell, which may be of children, in this session."""
        hidden_rows.show()

    def _named(self, parameter: str) -> str:
        if parameter not in self.values:
            raise ParameterError(f"This notebook declares no parameter {parameter!r}.")
        return str(self.values[parameter])
