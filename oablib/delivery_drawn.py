"""Data that a run draws for itself, kept until anything changes that they follow from."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oablib import installed, params, reach
from oablib.digest import sha256, text_digest

MADE_FROM = ".made_from"
DECIDING = ("rules", "published")
"""Folders of params that drawn data may follow from."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A folder that a function of oablib.synthetic fills. told: what that is given."""

    folder: Path
    maker: str
    told: Mapping[str, int | float]

    def is_there(self) -> bool:
        """Whether the folder holds, intact, what would be drawn now."""
        note = self.folder / MADE_FROM
        try:
            told = json.loads(note.read_text(encoding="utf-8"))
            intact = all(
                sha256(self.folder / name) == digest for name, digest in told["files"].items()
            )
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return intact and told["made_from"] == self._recipe()

    def draw(self) -> None:
        """Empty the folder and fill it."""
        from oablib import synthetic  # a run on real data need not load it

        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        getattr(synthetic, self.maker)(self.folder, **self.told)
        files = {path.name: sha256(path) for path in self._files()}
        note = {"made_from": self._recipe(), "files": files}
        (self.folder / MADE_FROM).write_text(json.dumps(note), encoding="utf-8")

    def _files(self) -> list[Path]:
        return [path for path in sorted(self.folder.iterdir()) if path.is_file()]

    def _recipe(self) -> str:
        """Fingerprint of all that decides what is drawn; any change in params counts."""
        files = (params.root() / "params").glob("*/*.yaml")
        numbers = [sha256(path) for path in sorted(files) if path.parent.name in DECIDING]
        code = dict(reach.of(f"synthetic.{self.maker}").definitions)
        parts = [dict(self.told), code, installed.machine(), numbers]
        return text_digest(json.dumps(parts, default=str))
