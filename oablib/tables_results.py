"""What the results tables hold, as params/rules/results.yaml tells it."""

from oablib import params
from oablib.errors import RenderError

RULE = "results"
PARTS = ("title", "unit", "rows")


def described(name: str) -> dict[str, str]:
    """Title, unit of the numbers, and what one row is, of a results table.

    Raises RenderError when the rules do not say all three.
    """
    told = params.rules(RULE).get(name) or {}
    absent = [part for part in PARTS if not told.get(part)]
    if absent:
        raise RenderError(
            f"params/rules/{RULE}.yaml does not say of results table {name}: {', '.join(absent)}; "
            "add it there, so that readers know what the numbers are."
        )
    return {part: str(told[part]) for part in PARTS}
