"""What a run leaves for notebooks that are opened by hand: its tables, and how they were made."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from oablib import params
from oablib.base import files
from oablib.notebook.by_hand import LAST_RUN
from oablib.notebook.store import MADE
from oablib.params.run import COMMAND_LINE
from oablib.running import workspace
from oablib.running.delivery import Delivery
from oablib.running.stages.declared import COUNTRY


def keep(
    tables: Iterable[Mapping[str, Path]],
    *,
    values: Mapping[str, str | int | float],
    origins: Mapping[str, str],
    delivery: Delivery,
    is_part: bool,
    is_last: bool,
) -> None:
    """Put the tables of a run where notebooks opened by hand find them, and note how they came.

    tables: path (private/cohort.parquet) -> file, for each stage. values, origins: parameters of
    the run, and where each came from. is_part: some stages only were made; their tables join
    those of the whole run if they were made with the same values, and are left out if not.
    is_last: it becomes the last run. Called within workspace.opened, so that only the owner can
    read what is written.
    """
    work = workspace.of(str(values["run"]))
    before = files.read_json(work / MADE)
    joins = is_part and before.get("values") == dict(values)
    if is_part and before.get("is_whole") and not joins:
        return
    if not joins:
        workspace.clear_tables(work)
    for paths in tables:
        workspace.show_tables(paths, work=work)
    options = {name: values[name] for name, origin in origins.items() if origin == COMMAND_LINE}
    made = {
        "made": datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"),
        "is_whole": not is_part or bool(joins and before.get("is_whole")),
        "values": dict(values),
        "options": options,
        "locations": _locations(delivery),
    }
    files.write(work / MADE, json.dumps(made, indent=1))
    if is_last:
        files.write(work.parent / LAST_RUN, json.dumps({"run": values["run"]}))


def _locations(delivery: Delivery) -> dict[str, str]:
    """Files of the cohort and folder of the country, as notebooks opened by hand find them."""
    locations = {}
    if delivery.data in delivery.files:
        locations["data"] = _within_project(delivery.files[delivery.data])
    if country := delivery.wanted([COUNTRY]):
        locations["country"] = _within_project(next(iter(country.values())).parent)
    return locations


def _within_project(path: Path) -> str:
    """A path as seen from the project if it is in there: the project may be moved."""
    root = params.root()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
