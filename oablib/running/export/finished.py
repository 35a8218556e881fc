"""A finished report, held against its manifest, with the kept results that it was made from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oablib import params
from oablib.base import files
from oablib.base.errors import EnvironmentFault, IncompleteRunError
from oablib.params.declared import RunParameters
from oablib.render import edition
from oablib.render.edition import Edition
from oablib.running import workspace
from oablib.running.delivery import Delivery
from oablib.running.housekeeping import reports
from oablib.running.publication import MANIFEST, Publication
from oablib.running.stages import cache, declared
from oablib.running.stages.cache import Entry

_STUDIES = ("", "validation", "changes")


@dataclass(frozen=True, slots=True)
class Finished:
    """reports/<run> and its manifest; work: the private folder of the run."""

    run: str
    folder: Path
    work: Path
    manifest: Mapping[str, Any]

    @property
    def editions(self) -> list[Edition]:
        """Its languages, the one at the top of its folder first."""
        return edition.of(self.manifest["parameters"]["languages"])

    def entry(self, stem: str) -> Entry | None:
        """The kept result that a stage of the report came from; None when it is gone."""
        origin = self.manifest["stages"][stem]
        found = cache.find(stem, origin["key"])
        return found if found and found.digests() == origin["writes"] else None


@contextmanager
def opened(run: str) -> Iterator[Finished]:
    """Hold a report, which no run may change in the block.

    Raises InputError when there is no such report, IncompleteRunError when it is not as its
    manifest says or its run is running, ParameterError for a name that no report can have, and
    EnvironmentFault when the block cannot read or write a file.
    """
    reports.verify(run)
    folder = params.root() / "reports" / run
    try:
        with workspace.private_files(), workspace.locked(run) as work:
            yield Finished(run, folder, work, files.read_json(folder / MANIFEST))
    except OSError as error:
        raise EnvironmentFault(
            f"Nothing was exported: {files.name_in(error)} could not be read or written, "
            f"{error.strerror}. Check free space and permissions."
        ) from None
    finally:
        with suppress(OSError):  # one that held nothing was made for the lock alone
            workspace.of(run).rmdir()


def publication(report: Finished) -> Publication:
    """What the report was made of, from its kept results.

    Raises IncompleteRunError when some of these are gone, or when a notebook is.
    """
    known = {stage.stem: stage for study in _STUDIES for stage in declared.load(study=study)}
    entries = {stem: report.entry(stem) for stem in report.manifest["stages"]}
    there = {stem: entry for stem, entry in entries.items() if entry and stem in known}
    if absent := sorted(entries.keys() - there.keys()):
        raise IncompleteRunError(
            f"reports/{report.run} cannot be checked again: of {len(absent)} of its "
            f"{len(entries)} stages the result is no longer kept ({', '.join(absent)}). Make "
            f"them again with `oab run {report.run}`."
        )
    values = report.manifest["parameters"]
    return Publication(
        # Not checked anew: the manifest names data and files as a report may, not as a run does.
        parameters=RunParameters.model_construct(**values),
        stages=[known[stem] for stem in there],
        entries=there,
        delivery=Delivery(values["data"]),
    )
