"""Captions of exhibits: title, unit, note and headings, from the YAML file beside a module.

A file has one entry an exhibit, by its label, with arguments of `table.show` or
`drawing.exhibited`. `labels` of the file hold for all its tables. Title, unit, note and the label
itself may name values in braces, as `str.format` writes them: `{draws:,} draws of schools`.
"""

from functools import partial
from pathlib import Path
from typing import Any, Protocol

from oablib.base.errors import ParameterError
from oablib.params import strict_yaml

SHARED = "labels"
TEXTS = ("title", "unit", "note")


class Captions(Protocol):
    """Captions of one module."""

    def __call__(self, label: str, /, **values: Any) -> dict[str, Any]:
        """Arguments of `show` or `exhibited` for one exhibit.

        label: with `tbl-` or `fig-`. values: those that the texts of the entry name.

        Raises ParameterError for a label without an entry, and for a value that is not given.
        """


def captions_beside(module: str) -> Captions:
    """Captions from the file beside a module, given by its `__file__`; read when first needed."""
    return partial(_caption, Path(module).with_suffix(".yaml"))


def _caption(path: Path, label: str, /, **values: Any) -> dict[str, Any]:
    captions = strict_yaml.read(path).values
    entry = captions.get(label)
    if entry is None or label == SHARED:
        raise ParameterError(f"{path} has no caption of {label!r}; add an entry with this label.")
    kind, _, name = label.partition("-")
    texts = {"label": name, **{text: entry[text] for text in TEXTS if text in entry}}
    try:
        written = {key: text.format(**values) for key, text in texts.items()}
    except KeyError as error:
        raise ParameterError(f"{path}: {label} names {error}, which is not given.") from None
    labels = {**captions.get(SHARED, {}), **entry.get(SHARED, {})} if kind == "tbl" else {}
    return entry | written | ({SHARED: labels} if labels else {})
