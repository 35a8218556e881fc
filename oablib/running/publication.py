"""The folder that a run hands on: pages, tables, rules, and the manifest that vouches for them."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oablib import params
from oablib.base import files
from oablib.base.errors import RenderError
from oablib.base.files import sha256, text_digest
from oablib.base.language import Words
from oablib.base.wording import words
from oablib.disclosure import settings as disclosure
from oablib.disclosure.cells import Looked
from oablib.params import checked
from oablib.params.declared import RunParameters
from oablib.render import kinds, pandoc, provenance
from oablib.render.provenance import Origin, Provenance
from oablib.running import rule_files
from oablib.running.delivery import Delivery
from oablib.running.stages import key
from oablib.running.stages.cache import Entry
from oablib.running.stages.declared import COUNTRY, Stage
from oablib.workers import modules

MANIFEST, CATALOGUE = "manifest.json", "catalogue.json"
POPULATION, COUNTRY_FACTS = "population", "country_facts"
"""Results tables that count the children of the cohort, and of the country."""
SYNTHETIC = "synthetic"
PARTS = ("title", "unit", "rows")


@dataclass(frozen=True, slots=True)
class Publication:
    """What a report is made of.

    origins: where each parameter came from. entries: stem -> result of the stage. extra: files
    that the report brings along, name -> file.
    """

    parameters: RunParameters
    stages: Sequence[Stage]
    entries: Mapping[str, Entry]
    delivery: Delivery
    origins: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Path] = field(default_factory=dict)

    @property
    def results(self) -> dict[str, tuple[str, Path]]:
        """Results table -> the stage that wrote it, and its file."""
        return {
            path.stem: (stem, path)
            for stem, entry in self.entries.items()
            for name, path in sorted(entry.tables().items())
            if name.startswith("results/")
        }

    def rules(self) -> dict[str, Path]:
        """Files of params that the stages read."""
        return key.all_rule_files(self.stages, self.parameters.model_dump())

    def drawn(self) -> dict[str, bool]:
        """Part of the data -> whether a program drew it, as the stage found that counted it.

        Where no stage did, in a study or a part of a run, the parameters say it.
        """
        values = self.parameters.model_dump()
        parts = {"data": (kinds.COHORT, POPULATION), "country": (kinds.COUNTRY, COUNTRY_FACTS)}
        return {
            part: _drawn(self.results[table][1]) if table in self.results else stated == SYNTHETIC
            for name, (part, table) in parts.items()
            if (stated := values[name])
        }

    def part_of(self, stem: str) -> str:
        """Whom the tables of a stage are about: the country's children where it reads them.

        Empty for a stage that reads no data.
        """
        (stage,) = (stage for stage in self.stages if stage.stem == stem)
        if not {COUNTRY, COUNTRY_FACTS}.isdisjoint(stage.reads):
            return kinds.COUNTRY
        return kinds.COHORT if stage.reads else ""

    def made_from(self) -> Provenance:
        """Put together what the report says about its making."""
        values = self.parameters.model_dump()
        values |= {name: provenance.shown_data(values[name]) for name in ("data", "country")}
        code: dict[str, str] = {}
        for entry in self.entries.values():
            code |= _components(entry, "module ")
        return Provenance(
            run=self.parameters.run,
            parameters=values,
            origins=dict(self.origins),
            inputs=self.delivery.shown(),
            drawn=self.drawn(),
            rules={f"{name}.yaml": sha256(path) for name, path in self.rules().items()},
            code=dict(sorted(code.items())),
            notebooks={
                stage.stem: {
                    "code": text_digest("\n".join(stage.code)),
                    "text": text_digest(stage.text),
                }
                for stage in self.stages
            },
            stages={stage.stem: self._origin(stage) for stage in self.stages},
            **provenance.surroundings(),
        )

    def _origin(self, stage: Stage) -> Origin:
        entry = self.entries[stage.stem]
        shown = {"data": provenance.shown_data(self.delivery.data)}
        shown["country"] = self.delivery.country
        return Origin(
            key=entry.key,
            parameters=key.values_of(stage, self.parameters.model_dump() | shown),
            reads=_components(entry, "table "),
            writes=entry.digests(),
            seconds=entry.seconds,
            in_cells=entry.in_cells,
        )


def is_current(report: Path, made_from: Provenance) -> bool:
    """Whether a report shows what it would show if it were made now, and is intact."""
    manifest = files.read_json(report / MANIFEST)
    return manifest.get("identity") == _identity(made_from) and not differences(report)


def differences(report: Path) -> list[str]:
    """Files that are not as the manifest says: changed, absent, or not in it.

    Raises KeyError when there is no manifest that can be read.
    """
    manifest = files.read_json(report / MANIFEST)
    listed = {f"tables/{name}": digest for name, digest in manifest["results"].items()}
    listed |= manifest["files"]
    there = _files_in(report)
    absent = [f"{name}: absent" for name in listed if name not in there]
    added = [f"{name}: not in the manifest" for name in there if name not in (*listed, MANIFEST)]
    changed = [
        f"{name}: changed"
        for name, digest in listed.items()
        if name in there and sha256(there[name]) != digest
    ]
    return [*absent, *changed, *added]


def write(
    publication: Publication, made_from: Provenance, *, folder: Path, looked: Looked | None = None
) -> None:
    """Write all files of a report into an empty folder, the manifest last.

    looked: what came of the check of all cells.
    """
    from oablib.render import checks as links
    from oablib.running import publication_files  # a run without change needs neither

    results = publication_files.write_tables(publication, made_from, folder=folder)
    extra = {f"params/{name}.yaml": path for name, path in publication.rules().items()}
    for name, path in (extra | dict(publication.extra)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
    cells = {"looked_at": looked.cells, "hidden": looked.hidden} if looked else {}
    publication_files.write_reports(publication, made_from, folder=folder, cells=cells)
    others = {
        name: sha256(path)
        for name, path in _files_in(folder).items()
        if name.removeprefix("tables/") not in results
    }
    identity = _identity(made_from)
    write_json(
        folder / MANIFEST,
        provenance.manifest(
            made_from, identity=identity, results=results, files=others, cells=cells
        ),
    )
    if broken := links.broken(folder):
        raise RenderError(f"Links that lead nowhere: {'; '.join(broken)}.")


def write_json(path: Path, content: Mapping) -> None:
    """A file of JSON in the folder of a report, the same on every system."""
    files.put(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def described(name: str, *, stem: str) -> dict[str, str]:
    """Title, unit of the numbers, and what one row is, of a results table, in the language in use.

    A table that params/results does not know goes by its name, one without Dutch by its English.
    """
    file = stem.partition("_")[2]
    known = file in params.names("results")
    tables = (
        checked.values("results", file, rule_files.declaration("results", file)) if known else {}
    )
    entry = tables.get(name, {"title": words(name)})
    return {
        part: str(Words(en=entry[part], nl=entry.get(f"{part}_nl", "")))
        for part in PARTS
        if part in entry
    }


def _identity(made_from: Provenance) -> str:
    """Fingerprint of a report: of its making, of the code, templates and sources of pages.

    Also of what decides which cells may be published.
    """
    folder = params.root() / "params"
    texts = [folder / "references.bib", *sorted((folder / "results").glob("*.yaml"))]
    texts.append(folder / "rules" / f"{disclosure.RULE}.yaml")
    texts += sorted((params.root() / "notebooks").glob("*/*.po"))
    paths = (path for path in (*sorted(pandoc.ASSETS.rglob("*")), *texts) if path.is_file())
    made_by = {f"{path.parent.name}/{path.name}": sha256(path) for path in paths}
    parts = ("oablib.running.publication_files", "oablib.running.publication_cells")
    code = modules.of(__name__, *parts)
    return made_from.identity(made_by={**code, **made_by})


def _drawn(path: Path) -> bool:
    """What a table that counts children says of them."""
    from pyarrow import parquet  # pandas would take longer to load than this takes to read

    return bool(parquet.read_table(path, columns=["drawn"])["drawn"][0].as_py())


def _files_in(folder: Path) -> dict[str, Path]:
    """Path in a folder -> file."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in paths}


def _components(entry: Entry, prefix: str) -> dict[str, str]:
    """Components of a result whose name begins so, without the beginning."""
    parts = entry.components.items()
    return {name.removeprefix(prefix): text for name, text in parts if name.startswith(prefix)}
