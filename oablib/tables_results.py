"""What the results tables hold, as params/rules/results.yaml tells it."""

from oablib import params
from oablib.wording import words

RULE = "results"
PARTS = ("title", "unit", "rows")


def described(name: str) -> dict[str, str]:
    """Title, unit of the numbers, and what one row is, of a results table.

    A table that the rules do not know goes by its name.
    """
    known = params.rules(RULE) if RULE in params.names("rules") else {}
    told = known.get(name, {"title": words(name)})
    return {part: str(told[part]) for part in PARTS if part in told}
