"""Tables and figures of a report as they are handed over: their files, and what is said of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from oablib.base import language
from oablib.base.errors import IncompleteRunError
from oablib.disclosure import declared
from oablib.disclosure.basis import Basis, basis
from oablib.disclosure.cells import Population
from oablib.render import downloads
from oablib.render.edition import Edition
from oablib.render.output_form import Line
from oablib.running import publication_cells, publication_files
from oablib.running.export.finished import Finished
from oablib.running.publication import Publication, described
from oablib.running.publication_files import TABLES

Part = tuple[Line, dict[str, bytes]]
"""A line of the form, and the files that it is about, by flat name."""
Payloads = Mapping[str, Mapping[str, Any]]
"""Language -> payload of an exhibit."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A report, and what it was made of, all cells of which may be published."""

    report: Finished
    made: Publication
    populations: Mapping[str, Population]

    def parts(self) -> Iterator[Part]:
        """Results tables, then tables and figures in the order of the report.

        Raises IncompleteRunError when a page shows other numbers than those that were checked.
        """
        yield from self._results()
        for stem, entry in sorted(self.made.entries.items()):
            first = self.report.editions[0].code
            versions: dict[str, dict[str, Mapping[str, Any]]] = {}
            for code, payload in publication_cells.payloads(entry.notebook):
                versions.setdefault(payload["label"], {})[code or first] = payload
            yield from (self._exhibit(stem, payloads) for payloads in versions.values())

    def _results(self) -> Iterator[Part]:
        about = publication_files.about_parts(self.made)
        for name, (stem, path) in sorted(self.made.results.items()):
            part = about.get(self.made.part_of(stem))
            texts = []
            for edition in self.report.editions:
                with language.use(edition.code):
                    population = str(part.population) if part else ""
                    texts.append({**described(name, stem=stem), "population": population})
            stated = publication_cells.declaration(name, stem=stem)
            line = Line(
                name=f"table_{name}",
                kind="",
                stage=stem,
                titles=[text["title"] for text in texts],
                units=[text.get("unit", "") for text in texts],
                populations=[text["population"] for text in texts],
                basis=self._basis(pd.read_parquet(path), stated, stem=stem),
            )
            published = self.report.folder / TABLES / f"{name}.csv"
            yield line, {f"{line.name}.csv": published.read_bytes()}

    def _exhibit(self, stem: str, payloads: Payloads) -> Part:
        shown = [payloads[edition.code] for edition in self.report.editions]
        label, columns = shown[0]["label"], shown[0]["keys"] or shown[0]["columns"]
        frame = pd.DataFrame(shown[0]["rows"], columns=columns)
        line = Line(
            name=f"{stem}.{label}",
            kind=label.partition("-")[0],
            stage=stem,
            titles=[payload["title"] for payload in shown],
            units=[payload["unit"] for payload in shown],
            populations=[payload["population"] for payload in shown],
            basis=self._basis(frame, shown[0]["cells"], stem=stem),
        )
        pairs = zip(self.report.editions, shown, strict=True)
        return line, {
            f"{line.name}.{edition.code}.csv": self._csv(stem, edition, payload)
            for edition, payload in pairs
        }

    def _csv(self, stem: str, edition: Edition, payload: Mapping[str, Any]) -> bytes:
        """Numbers of an exhibit as published, which have to be those that were checked."""
        folder = self.report.folder / edition.folder / downloads.FOLDER / stem
        published = (folder / f"{payload['label']}.csv").read_bytes()
        with language.use(edition.code):
            checked = downloads.exhibit_csv(payload)
        if checked != published:
            raise IncompleteRunError(
                f"{stem}, {payload['label']} ({edition.code}): the report shows other numbers or "
                "words than the kept result of the stage. Make it anew with "
                f"`oab run {self.report.run} --from {stem}`."
            )
        return published

    def _basis(self, frame: pd.DataFrame, stated: Any, *, stem: str) -> Basis:
        population = self.populations.get(self.made.part_of(stem))
        return basis(frame, declared.read(stated, where=stem), population=population)
