"""The codebook: which tables, columns and codes a delivery holds, and what they mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from oablib import params
from oablib.base.errors import ParameterError
from oablib.base.shown import showable
from oablib.base.wording import did_you_mean
from oablib.protocol import codebook_checks

ColumnType = Literal["id", "category", "integer", "number", "text"]
Level = Literal["child", "school", "neighbourhood", "municipality"]


@showable()
@dataclass(frozen=True, slots=True)
class Category:
    """One category of a column; `delivered_as` are other texts that a file may hold for it."""

    code: int
    key: str
    label_nl: str
    label_en: str
    delivered_as: tuple[str, ...]

    @property
    def forms(self) -> frozenset[str]:
        """Texts, as codebook_rules.plain makes them, under which a column may hold it."""
        parts = {"code": self.code, "key": self.key, "nl": self.label_nl, "en": self.label_en}
        return frozenset(
            codebook_checks.delivered_forms({**parts, "delivered_as": self.delivered_as})
        )


@showable()
@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    unit: of its numbers, empty for text. categories: in published order, empty unless type is
    category. reference: key of the reference category. missing: code -> Dutch label.
    minimum, maximum: allowed range in `unit`, inclusive. pattern: regular expression that the
    whole of an id must match. level: whose property it is. indicator: number in the list of
    2015 (params/rules/indicators.yaml). nullable: unknown values stay in the analysis as NaN.
    required: rows whose value is a missing code are dropped at intake, with a count.
    """

    key: str
    label_nl: str
    label_en: str
    type: ColumnType
    unit: str
    categories: tuple[Category, ...]
    reference: str | None
    missing: Mapping[int, str]
    minimum: float | None
    maximum: float | None
    pattern: str | None
    level: Level
    source: str
    indicator: int | None
    nullable: bool
    required: bool
    aliases: tuple[str, ...]

    @property
    def codes(self) -> tuple[int, ...]:
        """Codes of the categories, missing codes not among them."""
        return tuple(category.code for category in self.categories)

    @property
    def reference_code(self) -> int | None:
        """Code of the reference category, None when there is none."""
        return next((c.code for c in self.categories if c.key == self.reference), None)

    @property
    def missing_code(self) -> int:
        """The missing code; raises ParameterError unless there is exactly one."""
        if len(self.missing) != 1:
            raise ParameterError(f"{self.key} has {len(self.missing)} missing codes, not one.")
        return next(iter(self.missing))

    def category(self, code: int) -> Category:
        """Category with this code; raises ParameterError when there is none."""
        for category in self.categories:
            if category.code == code:
                return category
        raise ParameterError(f"{self.key} has no category {code}; it has {list(self.codes)}.")

    def code(self, key: str) -> int:
        """Code of the category with this key; raises ParameterError when there is none."""
        for category in self.categories:
            if category.key == key:
                return category.code
        known = [category.key for category in self.categories]
        raise ParameterError(f"{self.key} has no category {key!r}{did_you_mean(key, known)}")

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers rather than codes or texts."""
        return self.type in ("integer", "number")

    @property
    def is_personal(self) -> bool:
        """Whether it identifies a child, so that no analysis may see it."""
        return self.type == "id" and self.level == "child"


@showable()
@dataclass(frozen=True, slots=True)
class Table:
    """One table of a delivery and how its CSV file is written.

    keys: columns that together name a row. links: column -> table in which its value must stand.
    """

    name: str
    title: str
    keys: tuple[str, ...]
    links: Mapping[str, str]
    columns: tuple[Column, ...]
    delimiter: str
    decimal: str
    encoding: str

    def column(self, key: str) -> Column:
        """Column with this key; raises ParameterError with the nearest key."""
        for column in self.columns:
            if column.key == key:
                return column
        known = [column.key for column in self.columns]
        raise ParameterError(f"Table {self.name} has no column {key!r}{did_you_mean(key, known)}")


@showable()
@dataclass(frozen=True, slots=True)
class Codebook:
    """All tables of a delivery; `obtain` says how to come by the data."""

    name: str
    title: str
    source: str
    obtain: str
    refused_columns: tuple[str, ...]
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        """Table with this name; raises ParameterError with the nearest name."""
        for table in self.tables:
            if table.name == name:
                return table
        near = did_you_mean(name, [table.name for table in self.tables])
        raise ParameterError(f"Codebook {self.name} has no table {name!r}{near}")


@showable()
@dataclass(frozen=True, slots=True)
class Indicator:
    """One of the 36 indicators of 2015 (De Mooij et al. 2015, appendix 2).

    years: first and last year of availability on 30 November 2015, None where none is given.
    columns: keys in codebook.yaml, empty when the indicator has no column.
    """

    number: int
    label_nl: str
    label_en: str
    group: str
    definition: str
    source: str
    years: tuple[int | None, int | None]
    note: str
    columns: tuple[str, ...]


def load(name: str = "codebook") -> Codebook:
    """Read params/rules/<name>.yaml.

    Raises ParameterError naming every fault: unknown keys with the nearest name, a reference
    that is no category, a range out of order, a code used twice, and the like.
    """
    return parse(params.rules(name), name=name)


def parse(values: Mapping[str, Any], *, name: str) -> Codebook:
    """Make a codebook out of the content of its file; raises ParameterError as `load`."""
    faults = codebook_checks.faults(values)
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise ParameterError(f"Codebook {name} has {count}:\n  " + "\n  ".join(faults))
    return Codebook(
        name=name,
        title=values["title"],
        source=values["source"],
        obtain=values["obtain"],
        refused_columns=tuple(values["refused_columns"]),
        tables=tuple(
            _table(table, name=key, book=values) for key, table in values["tables"].items()
        ),
    )


def indicators() -> tuple[Indicator, ...]:
    """The 36 indicators of params/rules/indicators.yaml, in order of number."""
    return tuple(
        Indicator(
            number=item["number"],
            label_nl=item["nl"],
            label_en=item["en"],
            group=item["group"],
            definition=item["definition"],
            source=item["source"],
            years=(item["first_year"], item["last_year"]),
            note=item["note"],
            columns=tuple(item["column"] or ()),
        )
        for item in params.rules("indicators")["indicators"]
    )


def _table(values: Mapping[str, Any], *, name: str, book: Mapping[str, Any]) -> Table:
    columns = values["columns"].items()
    return Table(
        name=name,
        title=values["title"],
        keys=tuple(values["keys"]),
        links=dict(values.get("links", {})),
        columns=tuple(_column(item, key=key, lists=book["lists"]) for key, item in columns),
        **book["dialect"],
    )


def _column(values: Mapping[str, Any], *, key: str, lists: Mapping[str, Any]) -> Column:
    minimum, maximum = values.get("range", (None, None))
    return Column(
        key=key,
        label_nl=values["nl"],
        label_en=values["en"],
        type=values["type"],
        unit=values.get("unit", ""),
        categories=_categories(codebook_checks.listed(values, lists=lists)),
        reference=values.get("reference"),
        missing=dict(values.get("missing", {})),
        minimum=minimum,
        maximum=maximum,
        pattern=values.get("pattern"),
        level=values["level"],
        source=values["source"],
        indicator=values.get("indicator"),
        nullable=values.get("nullable", False),
        required=values.get("required", False),
        aliases=tuple(values.get("aliases", ())),
    )


def _categories(entries: Sequence[Mapping[str, Any]]) -> tuple[Category, ...]:
    return tuple(
        Category(
            code=entry["code"],
            key=entry["key"],
            label_nl=entry["nl"],
            label_en=entry["en"],
            delivered_as=tuple(entry.get("delivered_as", ())),
        )
        for entry in entries
    )
