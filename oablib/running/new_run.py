"""Next year's run: a file that extends an earlier one, with a list of what must be looked at."""

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from oablib import params
from oablib.base import files
from oablib.base.errors import EnvironmentFault, ParameterError
from oablib.params import run
from oablib.params.declared import RunParameters
from oablib.params.run import Resolved
from oablib.running.stages import declared
from oablib.running.stages import key as stage_key

ASKS = {
    "data": "the new cohort file",
    "codebook": "do the new files have the same columns, codes and labels",
    "model": "last year's paths, or those that the literature since then supports",
    "published": "figures to compare with; none yet for a new year",
    "n": "as many as the new cohort has; only synthetic data are drawn",
    "seed": "keep it, or choose another before results are seen, and say why",
    "imputations": "what 06_diagnostics of last year's run recommends",
    "country": "the folder with the children of the new reference date and of the one before",
    "reference_year": "the year of the new reference date",
    "current_indicator": "the indicator in use, last year's or a newer one",
    "municipal_budget": "the budget of the year to be paid",
    "school_budget": "the budget of the year to be paid to schools",
    "iterations": "more if the chains of 03_imputation did not settle",
}
"""What to ask of a value in a new year; a parameter without a question stays as it was."""

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DATED = re.compile(r"\s*(?:source|date|year|waves?|(?:first|last|reference)_year)\s*:\s+\S")
DRAWN_WITH = {"data": "synthetic", "country": "synthetic_country"}
"""Parameter -> rules by which synthetic data are drawn."""
OF_A_COUNTRY = {
    "country",
    "reference_year",
    "current_indicator",
    "municipal_budget",
    "school_budget",
}
"""Parameters that a run without a country has no use for."""


def write(name: str, *, parent: str) -> Path:
    """Write params/runs/<name>.yaml and return its path; it can be run at once.

    Raises ParameterError when the name is unfit or taken, or `parent` is no valid run;
    EnvironmentFault when the file cannot be written.
    """
    params.fail_if_name_is_unfit(name)
    resolved = run.resolve(parent)
    path = params.root() / "params" / "runs" / f"{name}.yaml"
    if path.exists() or path.is_symlink():
        raise ParameterError(
            f"params/runs/{name}.yaml is there already; choose another name, or change the file."
        )
    text = "\n".join(_lines(name, resolved)) + "\n"
    try:
        files.write(path, text)
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be written: {error.strerror}.") from None
    return path


def _lines(name: str, resolved: Resolved) -> Iterator[str]:
    parent = resolved.parameters.run
    yield f"# Run {name}. What is not said here is as in params/runs/{parent}.yaml."
    yield f"schema: {run.SCHEMA}"
    yield f'extends: "{parent}"'  # without quotes 2022 would be a number
    yield f"title: {json.dumps(f'{resolved.parameters.title}: {name}', ensure_ascii=False)}"
    if title := resolved.parameters.title_nl:
        yield f"title_nl: {json.dumps(f'{title}: {name}', ensure_ascii=False)}"
    yield ""
    yield "# To be looked at before the first run with new data; delete what is done."
    yield "# Values: write a line `key: value` above where it changes."
    for key, question in _asked(resolved).items():
        value = json.dumps(getattr(resolved.parameters, key), ensure_ascii=False)
        meaning = RunParameters.model_fields[key].description
        yield f"# [ ] {key}: {value} ({resolved.origins[key]}): {meaning}. Now: {question}."
    yield "# Files that this run reads: copy under a new name what changes, and name it above."
    for rule, path in _rules(resolved).items():
        yield f"# [ ] params/{rule}.yaml: {_about(path)}"
        yield from (f"#       {line}" for line in _dated(path))


def _asked(resolved: Resolved) -> dict[str, str]:
    """Parameters of this run, and the question to each."""
    without = set() if resolved.parameters.country else OF_A_COUNTRY
    without |= set() if resolved.parameters.data == "synthetic" else {"n"}
    asks = {key: question for key, question in ASKS.items() if key not in without}
    if resolved.parameters.hide_variable:
        hidden = [key for key in RunParameters.model_fields if key.startswith("hide_")]
        asks |= dict.fromkeys(hidden, "whether this test is still wanted")
    return asks


def _rules(resolved: Resolved) -> dict[str, Path]:
    values = resolved.parameters.model_dump()
    stages = declared.of_run(declared.load(), country=bool(values["country"]))
    rules = stage_key.all_rule_files(stages, values)
    for key, name in DRAWN_WITH.items():
        if values[key] == "synthetic":
            rules[f"rules/{name}"] = params.named_file("rules", name)
    return dict(sorted(rules.items()))


def _about(path: Path) -> str:
    """The first sentence of its comment, and the years that it names."""
    text = path.read_text(encoding="utf-8")
    comment = re.match(r"(?:#[^\n]*\n)*", text)
    words = " ".join((comment.group() if comment else "").replace("#", " ").split())
    years = sorted(set(_YEAR.findall(text)))
    named = f"names the years {', '.join(years)}" if years else "names no year"
    sentence = words.partition(". ")[0].rstrip(".")
    return f"{sentence}; {named}." if sentence else f"{named}."


def _dated(path: Path) -> Iterator[str]:
    """Its lines that name a source, a date or a year, each text once."""
    seen = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = " ".join(line.split())
        if _DATED.match(line) and text not in seen:
            seen.add(text)
            yield f"line {number}: {textwrap.shorten(text, 120, placeholder=' ...')}"
