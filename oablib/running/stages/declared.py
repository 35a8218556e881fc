"""The stages of a run: notebooks that say in their metadata what they read and write.

{"oab": {"reads": [...], "writes": [...], "may_write": [...], "rules": ["rules/imputation"]}}

reads, writes: tables. may_write, may_read: tables that only some runs have. rules: files of
params, without .yaml, beside those that a parameter names. model: "roles"
where the notebook asks the run's model for the roles of columns alone. rules may name "models/*":
all models on the run's codebook. study: the report that a notebook
belongs to when it is no part of an ordinary run. The order in which stages run follows from reads
and writes alone.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from oablib import params
from oablib.base.errors import EnvironmentFault, ParameterError
from oablib.base.wording import did_you_mean
from oablib.params import cell as parameter_cell

DELIVERY = "delivery"
"""Word in `reads` for the files that a run is given."""

COUNTRY = "country"
"""Word in `reads` for the children of the country; runs without one leave the stage out."""

TRUTH = "truth"
"""Word in `may_read` for what is true of the children of a country that was drawn."""

LEDGER = "ledger"
"""Word in `reads` for what the report of this name, as it is published, has shown of whom.

So is called the part of a run's private folder that has it, and that lives as long as the report.
"""

GIVEN = (DELIVERY, COUNTRY, LEDGER)
"""Words in `reads` for what no stage writes."""

_LISTS = ("reads", "may_read", "writes", "may_write", "rules")
_WORDS = ("model", "study")


@dataclass(frozen=True, slots=True)
class Stage:
    """One notebook. text: its source, as JSON; parameters: names its parameters cell declares."""

    stem: str
    text: str
    code: tuple[str, ...]
    parameters: tuple[str, ...]
    reads: tuple[str, ...]
    may_read: tuple[str, ...]
    writes: tuple[str, ...]
    may_write: tuple[str, ...]
    rules: tuple[str, ...]
    model: str = ""
    study: str = ""

    @property
    def inputs(self) -> frozenset[str]:
        """Tables and files that it reads in some run."""
        return frozenset((*self.reads, *self.may_read))

    @property
    def tables(self) -> frozenset[str]:
        """Tables that it writes in some run."""
        return frozenset((*self.writes, *self.may_write))


def load(*, study: str = "") -> tuple[Stage, ...]:
    """The stages of an ordinary run, or of a study, in an order in which they can run.

    Raises EnvironmentFault when notebooks are absent or cannot be read, a table is written twice,
    is read and written by none, or stages wait for each other.
    """
    folder = params.root() / "notebooks"
    stages = [_read(path) for path in sorted(folder.glob("*.ipynb"))]
    chosen = {stage.stem: stage for stage in stages if stage.study == study}
    if not chosen:
        what = f"study {study!r}" if study else "an ordinary run"
        raise EnvironmentFault(f"The folder {folder} holds no notebook of {what}.")
    ahead = needs(chosen.values())
    try:
        TopologicalSorter(ahead).prepare()
    except CycleError as circle:
        way = " -> ".join(circle.args[1])
        raise EnvironmentFault(
            f"Stages wait for each other: {way}. Change what their metadata say they read or write."
        ) from None
    order: list[str] = []
    while len(order) < len(chosen):  # by name where the tables leave it open
        rest = chosen.keys() - set(order)
        order.append(min(stem for stem in rest if ahead[stem] <= set(order)))
    return tuple(chosen[stem] for stem in order)


def of_run(stages: Iterable[Stage], *, country: bool) -> tuple[Stage, ...]:
    """The stages of a run: without a country those are left out that need it, directly or not."""
    kept, absent = [], set[str]() if country else {COUNTRY}
    for stage in stages:  # each after those whose tables it reads
        if absent & set(stage.reads):
            absent |= stage.tables
        else:
            kept.append(stage)
    return tuple(kept)


def needs(stages: Iterable[Stage]) -> dict[str, set[str]]:
    """Stem -> stems of the stages whose tables it reads.

    Raises EnvironmentFault when a table has two producers, or none.
    """
    stages = list(stages)
    writers = _writers(stages)
    absent = {
        f"{table} (read by {stage.stem})"
        for stage in stages
        for table in stage.reads
        if table not in GIVEN and table not in writers
    }
    if absent:
        raise EnvironmentFault(
            f"No notebook writes {', '.join(sorted(absent))}. "
            "Name the table in the metadata (oab.writes) of the one that does, or take it out of "
            "oab.reads."
        )
    return {
        stage.stem: {writers[table] for table in stage.inputs if table in writers}
        for stage in stages
    }


def named(word: str, *, stages: Sequence[Stage]) -> str:
    """The stem that begins with `word`: 05 means 05_base_model.

    Raises ParameterError when none does, or several do.
    """
    stems = [stage.stem for stage in stages]
    matches = [word] if word in stems else [stem for stem in stems if stem.startswith(word)]
    if len(matches) != 1:
        raise ParameterError(f"There is no stage {word!r}{did_you_mean(word, stems)}")
    return matches[0]


def before(stem: str, *, stages: Sequence[Stage]) -> frozenset[str]:
    """The stage and all that it waits for, directly or not."""
    ahead, result, waiting = needs(stages), set[str](), [stem]
    while waiting:
        result.add(current := waiting.pop())
        waiting += ahead[current] - result
    return frozenset(result)


def after(stem: str, *, stages: Sequence[Stage]) -> frozenset[str]:
    """The stage and all that wait for it, directly or not."""
    return frozenset(s.stem for s in stages if stem in before(s.stem, stages=stages))


def _writers(stages: Iterable[Stage]) -> Mapping[str, str]:
    writers: dict[str, str] = {}
    for stage in stages:
        for table in sorted(stage.tables):
            if table in writers:
                raise EnvironmentFault(
                    f"Both {writers[table]} and {stage.stem} write the table {table!r}; "
                    "expected one stage for each table. Rename one of them."
                )
            writers[table] = stage.stem
    return writers


def _read(path: Path) -> Stage:
    text = path.read_text(encoding="utf-8")
    try:
        # nbformat takes a second to load, which a run without change has no need of.
        notebook = json.loads(text)
        metadata = notebook["metadata"].get("oab", {})
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in cells]
        tags = [cell["metadata"].get("tags", ()) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise EnvironmentFault(f"{path.name} is no notebook of format 4; save it anew.") from None
    known = sorted((*_LISTS, *_WORDS))
    unknown = sorted(set(metadata) - set(known))
    if unknown:
        near = did_you_mean(unknown[0], known)
        raise EnvironmentFault(f"{path.name}: metadata oab holds unknown {unknown}{near}")
    fields: dict[str, Any] = {name: tuple(metadata.get(name, ())) for name in _LISTS}
    fields |= {name: metadata.get(name, "") for name in _WORDS}
    tagged = [
        text for text, names in zip(sources, tags, strict=True) if parameter_cell.TAG in names
    ]
    return Stage(
        stem=path.stem,
        text=text,
        code=tuple(sources),
        parameters=tuple(name for text in tagged for name in parameter_cell.names(text)),
        **fields,
    )
