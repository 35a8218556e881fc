"""The codebook: which tables, columns and codes a delivery holds, and what they mean."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Literal, TypeVar

from oablib.base.errors import ParameterError
from oablib.base.language import Words
from oablib.base.shown import showable
from oablib.base.wording import did_you_mean
from oablib.params import checked, kinds
from oablib.protocol import codebook_checks

Part = TypeVar("Part")
ColumnType = Literal["id", "category", "integer", "number", "month", "text"]
CATEGORIES = "a list of categories, or the name of one in lists"
Level = Literal["child", "school", "neighbourhood", "municipality"]


@showable()
@dataclass(frozen=True, slots=True)
class Category(kinds.Declaration):
    """One category of a column; `delivered_as` are other texts that a file may hold for it."""

    code: int
    key: kinds.Text
    label_nl: Annotated[kinds.Text, kinds.key("nl")]
    label_en: Annotated[kinds.Text, kinds.key("en")]
    delivered_as: tuple[kinds.Text, ...] = ()

    @property
    def label(self) -> str:
        """Its label in the language in use."""
        return str(Words(en=self.label_en, nl=self.label_nl))

    @property
    def forms(self) -> frozenset[str]:
        """Texts, as codebook_checks.plain makes them, under which a column may hold it."""
        texts = (str(self.code), self.key, self.label_nl, self.label_en, *self.delivered_as)
        return frozenset(map(codebook_checks.plain, texts))


Categories = Annotated[tuple[Category, ...], kinds.MANY]


@showable()
@dataclass(frozen=True, slots=True, kw_only=True)
class Column(kinds.Declaration):
    """One column of a table.

    short_nl, short_en: the label as words of a sentence; without them the label itself.
    type: a month is a whole number yyyymm. unit, unit_nl: of its numbers, empty for text.
    categories: in published order, empty unless type is category. reference: key of the reference
    category. missing: code -> Dutch label. range: lowest and highest number in `unit`, both
    allowed. pattern: regular expression that the whole of an id must match. level: whose property
    it is. indicator: number in the list of 2015 (params/rules/indicators.yaml). nullable: unknown
    values stay in the analysis as NaN. required: rows whose value is a missing code are dropped at
    intake, with a count, unless the model imputes the column. optional: a delivery may lack the
    column, unless the model needs it.
    """

    key: kinds.OwnName
    label_nl: Annotated[kinds.Text, kinds.key("nl")]
    label_en: Annotated[kinds.Text, kinds.key("en")]
    short_nl: kinds.Text = ""
    short_en: kinds.Text = ""
    type: ColumnType
    unit: kinds.Text = ""
    unit_nl: kinds.Text = ""
    categories: Annotated[Categories, kinds.named_in("lists"), kinds.expecting(CATEGORIES)] = ()
    reference: Annotated[str | None, kinds.IF_GIVEN] = None
    missing: Mapping[int, kinds.Text] = field(default_factory=dict)
    range: Annotated[tuple[kinds.Number, kinds.Number] | None, kinds.IF_GIVEN] = None
    pattern: Annotated[str | None, kinds.IF_GIVEN] = None
    level: Level
    source: kinds.Text
    indicator: Annotated[int | None, kinds.IF_GIVEN] = None
    nullable: bool = False
    required: bool = False
    optional: bool = False
    aliases: tuple[kinds.Text, ...] = ()

    faults = codebook_checks.of_column

    @property
    def label(self) -> str:
        """Its label in the language in use."""
        return str(Words(en=self.label_en, nl=self.label_nl))

    @property
    def short(self) -> str:
        """Its label as words of a sentence, in the language in use."""
        return str(Words(en=self.short_en or self.label_en, nl=self.short_nl or self.label_nl))

    @property
    def unit_here(self) -> str:
        """The unit of its numbers in the language in use."""
        return str(Words(en=self.unit, nl=self.unit_nl))

    @property
    def minimum(self) -> float | None:
        """Lowest number that is allowed, None without range."""
        return self.range[0] if self.range else None

    @property
    def maximum(self) -> float | None:
        """Highest number that is allowed, None without range."""
        return self.range[1] if self.range else None

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
        return _one(self.categories, "code", code, what=f"{self.key} has no category")

    def code(self, key: str) -> int:
        """Code of the category with this key; raises ParameterError when there is none."""
        return _one(self.categories, "key", key, what=f"{self.key} has no category").code

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers rather than codes or texts."""
        return self.type in ("integer", "number", "month")

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers or codes."""
        return self.type in ("category", "integer", "month")

    @property
    def is_personal(self) -> bool:
        """Whether it identifies a child, so that no analysis may see it."""
        return self.type == "id" and self.level == "child"


@dataclass(frozen=True, slots=True)
class Dialect(kinds.Declaration):
    """How CSV files are written."""

    delimiter: str
    decimal: Literal[",", "."]
    encoding: str

    faults = codebook_checks.of_dialect


@showable()
@dataclass(frozen=True, slots=True, kw_only=True)
class Table(kinds.Declaration):
    """One table of a delivery and how its CSV file is written.

    keys: columns that together name a row. links: column -> table in which its value must be.
    """

    name: kinds.OwnName
    title: kinds.Text
    keys: tuple[str, ...]
    links: Mapping[str, str] = field(default_factory=dict)
    columns: Annotated[tuple[Column, ...], kinds.NAMED]
    delimiter: Annotated[str, kinds.hidden("delimiter")] = ""
    decimal: Annotated[str, kinds.hidden("decimal")] = ""
    encoding: Annotated[str, kinds.hidden("encoding")] = ""

    faults = codebook_checks.of_table

    def column(self, key: str) -> Column:
        """Column with this key; raises ParameterError with the nearest key."""
        return _one(self.columns, "key", key, what=f"Table {self.name} has no column")

    def unbounded(self, *keys: str) -> "Table":
        """The table without a range for these numbers, as for values that are made up."""
        columns = [replace(each, range=None) if each.key in keys else each for each in self.columns]
        return replace(self, columns=tuple(columns))


@showable()
@dataclass(frozen=True, slots=True, kw_only=True)
class Codebook(kinds.Declaration):
    """All tables of a delivery; `obtain` says how to come by the data.

    refused_columns: names of columns that no delivery may have. lists: categories that several
    columns share, by name.
    """

    name: kinds.OwnName = ""
    title: kinds.Text
    title_nl: kinds.Text = ""
    source: kinds.Text
    obtain: kinds.Text
    dialect: Dialect
    refused_columns: tuple[str, ...]
    lists: Mapping[str, Categories]
    tables: Annotated[tuple[Table, ...], kinds.NAMED]

    faults = codebook_checks.of_book

    def table(self, name: str) -> Table:
        """Table with this name; raises ParameterError with the nearest name."""
        return _one(self.tables, "name", name, what=f"Codebook {self.name} has no table")


DECLARED = Codebook


def load(name: str = "codebook") -> Codebook:
    """Read params/rules/<name>.yaml.

    Raises ParameterError naming every fault with its line: unknown keys with the nearest name, a
    reference that is no category, a range out of order, a code used twice, and the like.
    """
    book: Codebook = checked.read("rules", name, DECLARED)
    dialect = asdict(book.dialect)
    tables = tuple(replace(table, **dialect) for table in book.tables)
    return replace(book, name=name, tables=tables)


def _one(parts: Sequence[Part], attribute: str, value: str | int, *, what: str) -> Part:
    """The part with this value of an attribute; what: begins the message when there is none."""
    by_value = {getattr(part, attribute): part for part in parts}
    if value not in by_value:
        raise ParameterError(f"{what} {value!r}{did_you_mean(str(value), map(str, by_value))}")
    return by_value[value]
