"""The folder that a run hands on: pages, tables, rules, and the manifest that vouches for them."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oablib import params
from oablib.base.errors import RenderError
from oablib.base.files import sha256, text_digest
from oablib.base.wording import words
from oablib.params import checked
from oablib.params.declared import RunParameters
from oablib.render import pandoc, provenance
from oablib.render.provenance import Origin, Provenance
from oablib.running import rule_files
from oablib.running.delivery import Delivery
from oablib.running.stages import key
from oablib.running.stages.cache import Entry, Record
from oablib.running.stages.declared import Stage
from oablib.workers import modules

MANIFEST, CATALOGUE = "manifest.json", "catalogue.json"


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
            for place, path in sorted(entry.tables().items())
            if place.startswith("results/")
        }

    def made_from(self) -> Provenance:
        """Put together what the report says about its making."""
        told = self.parameters.model_dump()
        if self.delivery.files and told["data"] != "synthetic":
            told["data"] = provenance.shown_data(told["data"])
        if self.delivery.country_files and told["country"] != "synthetic":
            told["country"] = provenance.shown_data(told["country"])
        known = {**self.delivery.digests, **self.delivery.country_digests}
        digests = {name: known[name] for name in self.delivery.inputs}
        absent = {self.parameters.data: "part of an installed package, see its version"}
        code = _components("definition ", *(each.record for each in self.entries.values()))
        return Provenance(
            run=self.parameters.run,
            parameters=told,
            origins=dict(self.origins),
            inputs=digests or absent,
            rules={f"{name}.yaml": sha256(path) for name, path in self.rules().items()},
            code=code,
            notebooks={stage.stem: _fingerprints(stage) for stage in self.stages},
            stages={stage.stem: self._origin(stage) for stage in self.stages},
            **provenance.surroundings(),
        )

    def rules(self) -> dict[str, Path]:
        """Files of params that the stages read."""
        return key.all_rule_files(self.stages, self.parameters.model_dump())

    def _origin(self, stage: Stage) -> Origin:
        record = self.entries[stage.stem].record
        shown = {
            "data": provenance.shown_data(self.delivery.data),
            "country": self.delivery.country,
        }
        given = key.values_of(stage, self.parameters.model_dump() | shown)
        reads = _components("table ", record)
        writes = self.entries[stage.stem].digests()
        return Origin(record.key, given, reads, writes, record.seconds, record.in_cells)


def renderer() -> dict[str, str]:
    """Fingerprints of all that makes pages: code, templates, and the sources that they cite."""
    templates = sorted(pandoc.ASSETS.iterdir())
    folder = params.root() / "params"
    files = [*templates, folder / "references.bib", *sorted((folder / "results").glob("*.yaml"))]
    digests = {f"{path.parent.name}/{path.name}": sha256(path) for path in files if path.is_file()}
    return {**modules.of(__name__, "oablib.running.publication_files"), **digests}


def is_current(report: Path, *, identity: str) -> bool:
    """Whether a report shows what it would show if it were made now, and is intact."""
    try:
        told = json.loads((report / MANIFEST).read_text(encoding="utf-8"))
        return bool(told["identity"] == identity) and not differences(report)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def differences(report: Path) -> list[str]:
    """Files that are not as the manifest says: changed, absent, or not in it.

    Raises OSError, ValueError or KeyError when there is no manifest that can be read.
    """
    told = json.loads((report / MANIFEST).read_text(encoding="utf-8"))
    listed = {f"tables/{name}": digest for name, digest in told["results"].items()} | told["files"]
    paths = (path for path in sorted(report.rglob("*")) if path.is_file())
    there = {path.relative_to(report).as_posix(): path for path in paths}
    absent = [f"{name}: absent" for name in listed if name not in there]
    added = [f"{name}: not in the manifest" for name in there if name not in (*listed, MANIFEST)]
    changed = [
        f"{name}: changed"
        for name, digest in listed.items()
        if name in there and sha256(there[name]) != digest
    ]
    return [*absent, *changed, *added]


def write(publication: Publication, made_from: Provenance, *, identity: str, folder: Path) -> None:
    """Write all files of a report into an empty folder, the manifest last."""
    from oablib.render import checks as links
    from oablib.running import publication_files  # a run without change needs neither

    results = publication_files.write_tables(publication, made_from, folder=folder)
    for name, path in publication.rules().items():
        target = folder / "params" / f"{name}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    for name, path in publication.extra.items():
        shutil.copyfile(path, folder / name)
    publication_files.write_reports(publication, made_from, folder=folder)
    others = (path for path in sorted(folder.rglob("*")) if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in others}
    files = {
        name: sha256(path)
        for name, path in names.items()
        if name.removeprefix("tables/") not in results
    }
    told = provenance.manifest(made_from, identity=identity, results=results, files=files)
    write_json(folder / MANIFEST, told)
    if broken := links.broken(folder):
        raise RenderError(f"Links that lead nowhere: {'; '.join(broken)}.")


def write_json(path: Path, told: Mapping) -> None:
    """A file of JSON, the same on every system."""
    text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _components(prefix: str, *records: Record) -> dict[str, str]:
    """Components whose name begins so, without the beginning, by name."""
    found = {
        name.removeprefix(prefix): print_
        for record in records
        for name, print_ in record.components.items()
        if name.startswith(prefix)
    }
    return dict(sorted(found.items()))


def _fingerprints(stage: Stage) -> dict[str, str]:
    texts = {"code": "\n".join(stage.code), "text": stage.text}
    return {name: text_digest(text) for name, text in texts.items()}


def described(name: str, *, stem: str) -> dict[str, str]:
    """Title, unit of the numbers, and what one row is, of a results table of a stage.

    A table that params/results does not know goes by its name.
    """
    file = stem.partition("_")[2]
    if file not in params.names("results"):
        return {"title": words(name)}
    tables = checked.values("results", file, rule_files.declaration("results", file))
    return dict(tables.get(name, {"title": words(name)}))
