"""Which declaration each file of params has, and all files of a run checked before it begins.

params/rules/<stem>.yaml is declared as `DECLARED` in <stem>/settings.py, wherever in oablib that
is, or in protocol/<stem>.py. Underscores may be folders (synthetic_country), and a longer name
belongs to what it begins with (codebook_snijders_bosker). Files of the other folders of params
have one declaration a folder. So a new stage declares its rules beside itself, and nowhere else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from oablib import params
from oablib.base.errors import EnvironmentFault, OabError
from oablib.base.files import sha256, text_digest
from oablib.disclosure.declared import Declared
from oablib.params import checked, kinds, publications, run
from oablib.params.declared import RunFile, RunParameters
from oablib.protocol import codebook, formed, literature, models
from oablib.running.housekeeping import settings as housekeeping
from oablib.running.stages import key
from oablib.running.stages.cache import CACHE
from oablib.running.stages.declared import Stage
from oablib.workers.modules import PACKAGE

DRAWN_WITH = ("rules/synthetic", "rules/codebook", "published/herijking2021")
COUNTRY_DRAWN_WITH = (
    "rules/synthetic_country", "rules/pupil_scores", "rules/municipalities",
    "published/herziening2015",
)  # fmt: skip
"""Files that decide what is drawn; a country also needs those of a cohort."""

CHECKED = CACHE / "checked"
"""Folder of notes that certain files were checked by certain code: the same need no second look."""


@dataclass(frozen=True, slots=True)
class ResultsTable(kinds.Declaration):
    """What a results table holds: title, unit of the numbers, and what one row is.

    cells: what its cells are; a table without is not published.
    """

    title: kinds.Text
    unit: kinds.Text
    rows: kinds.Text
    title_nl: kinds.Text = ""
    unit_nl: kinds.Text = ""
    rows_nl: kinds.Text = ""
    cells: Declared | None = None


def declaration(kind: str, name: str) -> Any:
    """What params/<kind>/<name>.yaml is declared to hold.

    Raises EnvironmentFault for rules that nothing in oablib declares.
    """
    match kind:
        case "runs":
            return RunFile
        case "models":
            return models.Model
        case "results":
            return dict[str, ResultsTable]
        case "published":
            return publications.declared(name)
    return import_module(_module_of(name)).DECLARED


def check(kind: str, name: str) -> None:
    """Check one file of params. Raises ParameterError or ModelError naming every fault."""
    if kind == "runs":
        run.resolve(name)
    elif kind == "models":
        models.load(name)
    else:
        checked.read(kind, name, declaration(kind, name))


def fail_if_any_is_unfit(names: Iterable[str]) -> None:
    """Check files such as rules/imputation; raises the first error with the faults of all."""
    errors: list[OabError] = []
    for name in names:
        try:
            check(*name.split("/"))
        except OabError as error:
            errors.append(error)
    if errors:
        raise type(errors[0])("\n".join(dict.fromkeys(map(str, errors))))


def fail_if_unfit(parameters: RunParameters, stages: Iterable[Stage]) -> Path:
    """Check all files of a run, unless a note says that the same were checked by the same code.

    Returns the path of the note, for `remember`. Raises, naming files and lines, the error of the
    first file with a fault, with the faults of all; then ModelError for a model that names what
    the codebook lacks, and LiteratureError for a candidate without entry.
    """
    stages = list(stages)
    names = _named(parameters.model_dump(), stages)
    names.remove(book := f"rules/{parameters.codebook}")  # which may have any name
    note = params.root() / CHECKED / _digest([book, *names], country=parameters.country)
    if not note.exists():
        fail_if_any_is_unfit(names)
        _fail_if_models_are_unfit(parameters, stages)
    return note


def _named(values: Mapping[str, Any], stages: Sequence[Stage]) -> list[str]:
    """Files that a run and its stages name, and those that its data are drawn with."""
    names = [
        f"{kind}/{name}"
        for parameter, kind in params.KINDS.items()
        for name in params.files_of(parameter, values[parameter])
    ]
    names += [*key.all_rule_files(stages, values), f"rules/{housekeeping.RULE}"]
    if "synthetic" in (values["data"], values["country"]):
        names += DRAWN_WITH
    if values["country"] == "synthetic":
        names += COUNTRY_DRAWN_WITH
    stems = [stage.stem.partition("_")[2] for stage in stages]
    names += [f"results/{stem}" for stem in stems if stem in params.names("results")]
    return list(dict.fromkeys(names))


def remember(note: Path) -> None:
    """Keep the note that `fail_if_unfit` returned."""
    note.parent.mkdir(parents=True, exist_ok=True)
    note.touch()


def _fail_if_models_are_unfit(parameters: RunParameters, stages: Iterable[Stage]) -> None:
    book = codebook.load(parameters.codebook)
    plans = models.load_several(parameters.variants, first=parameters.model)
    names = list(plans)
    if parameters.country:
        book.table("children")
        names += filter(None, (parameters.indicator, parameters.current_indicator))
    for name in names:
        models.fail_if_columns_are_unknown(name, table=book.table("cohort"))
    if parameters.country:
        for name in (parameters.model, *names[len(plans) :]):
            formed.fail_if_scores_are_out_of_reach(models.load(name))
    if any(key.CITING in stage.rules for stage in stages):
        literature.fail_if_candidates_have_no_entry(plans[parameters.model], literature.load())


def _digest(names: Sequence[str], *, country: str) -> str:
    """Fingerprint of files, and of all code that could check them."""
    paths = [params.named_file(*name.split("/")) for name in names]
    bibliography = params.root() / "params" / key.BIBLIOGRAPHY
    paths += [path for path in (bibliography, *sorted(PACKAGE.rglob("*.py"))) if path.is_file()]
    return text_digest(" ".join([*names, f"country {bool(country)}", *map(sha256, paths)]))


@cache
def _module_of(stem: str) -> str:
    """Dotted name of the module that declares params/rules/<stem>.yaml."""
    words = stem.split("_")
    for length in range(len(words), 0, -1):
        part = "_".join(words[:length])
        patterns = (f"**/{part}/settings.py", f"{part.replace('_', '/')}/settings.py")
        for pattern in (*patterns, f"protocol/{part}.py"):
            for path in PACKAGE.glob(pattern):
                return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    raise EnvironmentFault(
        f"Nothing in oablib declares params/rules/{stem}.yaml; expected {stem}/settings.py with "
        "DECLARED beside the stage that reads it."
    )
