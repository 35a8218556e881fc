"""The reference date (teldatum) of a year: the day whose pupils and toddlers are counted."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from oablib import params
from oablib.base.errors import ParameterError
from oablib.params import kinds, strict_yaml

RULE, KEY = "pupil_scores", "reference_days"
LEAP = 2000  # a year that has every day

_MONTH_AND_DAY = Annotated[
    str, kinds.form(r"\d\d-\d\d"), kinds.expecting("month and day in quotes, such as '10-01'")
]


@dataclass(frozen=True, slots=True)
class ReferenceDay(kinds.Declaration):
    """Month and day of the reference date, from a year on."""

    start: Annotated[int, kinds.key("from")]
    day: _MONTH_AND_DAY
    source: kinds.Text

    def faults(self) -> Iterable[kinds.Fault]:
        """Days that no year has."""
        try:
            self.of(LEAP)
        except ValueError:
            yield ("day",), f"{self.day!r} is no day of a year"

    def of(self, year: int) -> datetime.date:
        """The date in a year."""
        month, day = map(int, self.day.split("-"))
        return datetime.date(year, month, day)


def reference_date(year: int, *, days: Iterable[ReferenceDay] = ()) -> datetime.date:
    """The reference date of a year.

    days: entries, in any order; none: those of params/rules/pupil_scores.yaml. Raises
    ParameterError for a year before all of them.
    """
    entries = list(days) or _listed()
    due = [entry for entry in entries if entry.start <= year]
    if not due:
        raise ParameterError(
            f"params/rules/{RULE}.yaml: {KEY} begins in {min(entry.start for entry in entries)}, "
            f"and {year} was asked for; add an older entry with its source."
        )
    return max(due, key=lambda entry: entry.start).of(year)


def last_month_before(date: datetime.date, *, later: int = 0) -> int:
    """The last whole month before a date, or some months later, as yyyymm."""
    months = 12 * date.year + date.month - 2 + later  # January is month 0
    return months // 12 * 100 + months % 12 + 1


def _listed() -> list[ReferenceDay]:
    """The entries of the file; what else is in it is declared by who computes scores."""
    entries = strict_yaml.read(params.named_file("rules", RULE)).values[KEY]
    return [ReferenceDay(entry["from"], entry["day"], entry["source"]) for entry in entries]
