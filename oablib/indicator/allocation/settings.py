"""The law in numbers, and choices where it is silent: params/rules/allocation.yaml."""

import datetime
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import pandas as pd

from oablib import params
from oablib.base.errors import ParameterError
from oablib.base.shown import showable
from oablib.base.wording import words
from oablib.params import strict_yaml
from oablib.params.checked import COUNT, SHARE, Expected, is_number, one_of, whole
from oablib.params.strict_yaml import YamlFile

RULE = "allocation"
ENTRY = ("from", "value", "unit", "source")
SHARES = ("target_share", "threshold_schools", "threshold_municipalities")

Ties = Literal["all", "none", "share"]
Scope = Literal["national", "municipal"]
MinimumIf = Literal["A", "score"]
Treatment = Literal["keep", "suppress", "board"]
Entry: TypeAlias = dict[str, Any]


class SmallSchools(NamedTuple):
    """What becomes of sites with fewer pupils than `fewest` where scores are shown."""

    fewest: int
    treatment: Treatment


@showable()
@dataclass(frozen=True, slots=True)
class Rules:
    """Fields are the keys of the file; shares are exact fractions.

    largest_score: points. minimum_payment: euro a year. toddler_ages: years, for information.
    """

    target_share: Fraction
    threshold_schools: Fraction
    threshold_municipalities: Fraction
    decimals: int
    excluded_school_types: tuple[int, ...]
    toddler_ages: tuple[float, float]
    G_scope: Scope
    ties: Ties
    score_decimals: int
    largest_score: int
    minimum_payment: int
    minimum_if: MinimumIf
    small_schools: SmallSchools


def rules(name: str = RULE, *, date: datetime.date | None = None) -> Rules:
    """Read params/rules/<name>.yaml as in force on a day; without one, its newest entries.

    Raises ParameterError, naming file and line, for a key that is missing, unknown or cannot be,
    and when no entry of some key is in force yet.
    """
    values = {key: entry["value"] for key, entry in _in_force(name, date).items()}
    values |= {key: Fraction(str(values[key])) for key in SHARES}
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    small = SmallSchools(**values["small_schools"])
    return Rules(**values | lists | {"small_schools": small})


def settings(name: str = RULE, *, date: datetime.date | None = None) -> pd.DataFrame:
    """The entries that `rules` reads, as rows: rule, value, unit, in_force_from, source."""
    rows = [
        (words(key), _as_text(entry["value"]), entry["unit"], entry["from"], entry["source"])
        for key, entry in _in_force(name, date).items()
    ]
    return pd.DataFrame(rows, columns=["rule", "value", "unit", "in_force_from", "source"])


def _in_force(name: str, date: datetime.date | None) -> dict[str, Entry]:
    """The entry of each key that counts on a day, in the order of the file."""
    file = strict_yaml.read(params.named_file("rules", name))
    place = f"params/rules/{name}.yaml"
    wanted = {each.name for each in fields(Rules)}
    missing, unknown = sorted(wanted - set(file.values)), sorted(set(file.values) - wanted)
    if missing or unknown:
        line = file.line(*unknown[:1])
        raise ParameterError(f"{place} line {line}: missing {missing}, unknown {unknown}.")
    faults = [f"{place} {fault}" for key in file.values for fault in _faults(key, file=file)]
    if faults:
        raise ParameterError("\n".join(faults))
    return {key: _newest(key, date, file=file, place=place) for key in file.values}


def _newest(key: str, date: datetime.date | None, *, file: YamlFile, place: str) -> Entry:
    entries = file.values[key]
    due = [each for each in entries if date is None or _day(each["from"]) <= date]
    if not due:
        raise ParameterError(
            f"{place} line {file.line(key)}: {key} is known from {entries[0]['from']}, and was "
            f"asked for on {date}; ask for a later day, or add an older entry with its source."
        )
    return dict(due[-1])


def _faults(key: str, *, file: YamlFile) -> list[str]:
    """All that is wrong with the entries of a key, each with its line."""
    entries = file.values[key]
    if not isinstance(entries, list) or not entries:
        return [f"line {file.line(key)}: {key} has no entries; expected a list of them."]
    told = [(file.line(key, at), _fault(key, each)) for at, each in enumerate(entries)]
    faults = [f"line {line}: {key} {text}." for line, text in told if text]
    days = [] if faults else [_day(each["from"]) for each in entries]
    if days != sorted(set(days)):
        faults = [f"line {file.line(key)}: {key} has entries out of order; expected oldest first."]
    return faults


def _fault(key: str, entry: Any) -> str:
    """What is wrong with one entry; empty where it can be meant."""
    if not isinstance(entry, dict) or set(entry) != set(ENTRY):
        return f"has an entry without exactly {', '.join(ENTRY)}"
    if _day(entry["from"]) is None:
        return f"is in force from {entry['from']!r}; expected a day as 2019-01-01"
    if not all(isinstance(entry[name], str) and entry[name] for name in ("unit", "source")):
        return "has an entry whose unit or source is no text"
    expected = EXPECTED[key]
    fits = expected.fits(entry["value"])
    return "" if fits else f"is {entry['value']!r}; expected {expected.text}"


def _is_small_schools(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != set(SmallSchools._fields):
        return False
    return COUNT.fits(value["fewest"]) and value["treatment"] in get_args(Treatment)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_number, value))


def _day(text: Any) -> Any:
    """A date, None for what is none."""
    try:
        return datetime.date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{words(key)}: {each}" for key, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


EXPECTED = {
    **dict.fromkeys(SHARES, SHARE),
    "decimals": whole(0, 6),
    "excluded_school_types": Expected(_are_numbers, "a list of codes"),
    "toddler_ages": Expected(
        lambda value: _are_numbers(value) and len(value) == 2, "two ages in years"
    ),
    "G_scope": one_of(*get_args(Scope)),
    "ties": one_of(*get_args(Ties)),
    "score_decimals": whole(0, 9),
    "largest_score": whole(1, 1_000_000),
    "minimum_payment": whole(0)._replace(text="whole euros from 0"),
    "minimum_if": one_of(*get_args(MinimumIf)),
    "small_schools": Expected(
        _is_small_schools, "{fewest: from 1, treatment: keep|suppress|board}"
    ),
}
"""Key -> what the value of each of its entries must be."""
