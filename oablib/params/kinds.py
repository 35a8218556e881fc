"""Classes and types to declare files of params with.

A declaration is a frozen dataclass derived from `Declaration`: its fields are the keys of the file,
with type and range. `checked.read` holds a file against it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, make_dataclass
from fractions import Fraction
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    ValidationError,
    ValidationInfo,
    WrapValidator,
)
from pydantic_core import PydanticCustomError, core_schema

from oablib.base.wording import did_you_mean

Keys: TypeAlias = tuple[str | int, ...]
"""Keys and indices in lists that lead to a value, such as ("direct", 2)."""

Fault: TypeAlias = tuple[Keys, str]

ROUNDING = 0.005  # of a sum, as a fraction of it

MEANING = "meaning"
"""Type of the errors whose message is ours."""

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Declaration:
    """Base of declarations: types are taken literally, and other keys are refused."""

    __slots__ = ()
    __pydantic_config__ = STRICT

    def faults(self) -> Iterable[Fault]:
        """What is wrong with fields that are fit one by one; keys are seen from here."""
        return ()

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        schema = handler(source)
        # A strict dataclass would take instances only; its fields stay strict.
        handler.resolve_ref_schema(schema)["strict"] = False  # type: ignore[index]
        return core_schema.no_info_after_validator_function(_meant, schema)


def _meant(part: Declaration) -> Declaration:
    fail_if_any(part.faults())
    return part


def fail_if_any(faults: Iterable[Fault]) -> None:
    """Report faults from within a validator, in the words given here."""
    errors = [
        {"type": PydanticCustomError(MEANING, "{text}", {"text": text}), "loc": keys, "input": None}
        for keys, text in faults
    ]
    if errors:
        raise ValidationError.from_exception_data(MEANING, errors)  # type: ignore[arg-type]


def key(name: str) -> Any:
    """The key of a field that has another name in code."""
    return Field(validation_alias=name)


def hidden(name: str) -> Any:
    """The key of a field that a reader fills in and no file may have."""
    return key(f"({name})")


def between(low: float, high: float | None = None) -> Any:
    """The range of a number, both ends included."""
    return Field(ge=low, le=high)


def form(pattern: str) -> Any:
    """The regular expression that the whole of a text matches."""
    return Field(pattern=f"^(?:{pattern})$")


def expecting(text: str) -> Any:
    """What to name as expected, where the type alone does not say it."""
    return Field(json_schema_extra={"expected": text})


def summing(total: float) -> Any:
    """Of numbers, in a list or under names, that add up to a total but for rounding."""

    def check(values: Any) -> Any:
        total_here = sum(values.values() if isinstance(values, Mapping) else values)
        if abs(total_here - total) > total * ROUNDING:
            fail_if_any([((), f"sums to {total_here:g}; expected {total:g}")])
        return values

    return AfterValidator(check)


def adding_up(kind: Any, count: int, *, to: float) -> Any:
    """A list of so many numbers that add up to a total."""
    return Annotated[tuple[(kind,) * count], summing(to)]  # type: ignore[misc]


def each(names: str, kind: Any) -> dict[str, Any]:
    """The same type under several keys; names: with blanks between."""
    return dict.fromkeys(names.split(), kind)


def made(make: Callable[[Any], Any], *, of: Any) -> Any:
    """A value that is made of what the file has; of: the type in the file."""
    return GetPydanticSchema(
        lambda _, handler: core_schema.no_info_after_validator_function(
            make, handler.generate_schema(of)
        )
    )


def _checked_only(value: Any, check: Callable[[Any], Any]) -> Any:
    check(value)
    return value


MANY = Field(min_length=1)
"""Of a list that is not empty."""

AS_WRITTEN = WrapValidator(_checked_only)
"""Of a value that is kept as the file has it: 1 stays a whole number where any number fits."""


def like(kind: Any) -> Any:
    """Of a mapping that stays one, and is checked as a declaration."""
    return GetPydanticSchema(
        lambda _, handler: core_schema.no_info_wrap_validator_function(
            _checked_only, handler.generate_schema(kind)
        )
    )


def _if_given(source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
    kinds = tuple(kind for kind in get_args(source) if kind is not type(None))
    return handler.generate_schema(Union[kinds])  # noqa: UP007 - made at run time


IF_GIVEN = GetPydanticSchema(_if_given)
"""Of a key that may be left out and is None then; a file cannot say so."""


def named_in(mapping: str) -> Any:
    """Of a value that may be the name of one under another key of the file."""

    def check(value: Any, inner: Callable[[Any], Any], info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return inner(value)
        known = (info.context or {}).get(mapping)
        known = known if isinstance(known, Mapping) else {}
        if value not in known:
            fail_if_any([((), f"there is no list {value!r}{did_you_mean(value, known)}")])
        try:
            return inner(known[value])
        except ValidationError:
            return ()  # named where it is written

    return WrapValidator(check)


Number = Annotated[float, AS_WRITTEN]
Positive = Annotated[float, Field(gt=0), AS_WRITTEN]
Portion = Annotated[float, Field(ge=0, le=1), AS_WRITTEN]
Share = Annotated[float, Field(gt=0, lt=1)]
ExactShare = Annotated[Fraction, made(lambda share: Fraction(str(share)), of=Share)]
Count = Annotated[int, Field(ge=1)]
Text = Annotated[str, Field(pattern=r"\S"), expecting("text that is not empty")]
OwnName = Annotated[str, hidden("name")]
"""The name that an entry goes by in the mapping around it, or a file in its folder."""


def _named(source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
    is_tuple = get_origin(source) is tuple
    entry = get_args(source)[0 if is_tuple else 1]
    schema = core_schema.no_info_before_validator_function(
        _with_names,
        handler.generate_schema(Mapping[str, entry]),  # type: ignore[valid-type]
    )
    as_tuple = core_schema.no_info_after_validator_function(lambda e: tuple(e.values()), schema)
    return as_tuple if is_tuple else schema


def _with_names(entries: Any) -> Any:
    if not isinstance(entries, Mapping):
        return entries
    return {
        name: {**entry, "(name)": str(name)} if isinstance(entry, Mapping) else entry
        for name, entry in entries.items()
    }


NAMED = GetPydanticSchema(_named)
"""Of a mapping, or a tuple, that is a mapping in the file: name -> entry with an `OwnName`."""


def shaped(
    name: str,
    keys: Mapping[str, Any],
    *,
    faults: Callable[[Any], Iterable[Fault]] = Declaration.faults,
    may_lack: bool = False,
) -> type[Declaration]:
    """A declaration by its keys and their types.

    A type may be a mapping again, [type] for a list, and {str: type} for entries under any name.
    faults: as in a class. may_lack: each of the keys may be left out.
    """
    parts = [
        (key, _shape(key, kind), field(default=None) if may_lack else field())
        for key, kind in keys.items()
    ]
    methods = {"faults": faults}
    return make_dataclass(name, parts, bases=(Declaration,), namespace=methods, frozen=True)


def _shape(name: str, kind: Any) -> Any:
    if isinstance(kind, list):
        return tuple[_shape(name, kind[0]), ...]  # type: ignore[misc]
    if not isinstance(kind, Mapping):
        return kind
    under = next(iter(kind))
    if under not in (str, int):
        return shaped(name, kind)
    return Mapping[under, _shape(name, kind[under])]  # type: ignore[misc, valid-type]


def repeated(items: Iterable[Any]) -> Iterator[int]:
    """Places of items that were there before."""
    seen = set()
    for index, item in enumerate(items):
        if item in seen:
            yield index
        seen.add(item)
