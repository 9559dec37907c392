"""Types that a caller states for columns of text: what a type does not hold, or would leave a part of out, is an error.

DuckDB's casts round numbers, and leave the time of a day, the zone of a moment and digits of seconds out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.types import UserDefinedType

from .._shared.files import untyped
from .._shared.problems import InvalidOptionError

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement

_EXACT_TYPES = frozenset({
    "DECIMAL", "NUMERIC", "DEC",
    *(f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE", "")),
    *(f"{sign}INTEGER" for sign in ("", "U")), *(f"INT{size}" for size in (1, 2, 4, 8, 16, 32, 64, 128)),
})  # fmt: skip
"""Types that round a number that they do not hold, and are not meant to."""

_NUMBERS = _EXACT_TYPES | {"FLOAT", "FLOAT4", "FLOAT8", "REAL", "DOUBLE", "DOUBLE PRECISION", "BIGNUM"}
"""Types of numbers, which are written with the file's decimal mark."""

_OF_TIME = re.compile(
    r"DATE|DATETIME|INTERVAL|TIMETZ|(TIME|TIMESTAMP)( WITH(OUT)? TIME ZONE)?|TIMESTAMP(TZ|_S|_MS|_US|_NS)"
)
"""Types of days, moments, times and durations."""

_WITHOUT_BLANKS = frozenset({"BOOLEAN", "BOOL", "LOGICAL", "UUID", "GUID", "BIT", "BITSTRING", "JSON"})
"""Other types of whose values blanks around them are no part."""

_DIGITS_OF_SECONDS = {"TIMESTAMP_S": 0, "TIMESTAMP_MS": 3, "TIMESTAMP_NS": 9}
_ZONE = ":[0-9:. ]*[A-Za-z+-]"
_MIDNIGHT = r"[T ]00:00(:00(\.0*)?)?$"

_NESTED_TYPES = frozenset({"STRUCT", "ROW", "MAP", "UNION"})
"""Types of which a cast of text makes NULL of what does not fit within a value."""

_LISTS = re.compile(r"(.*?)((?: *\[ *[0-9]* *\])*) *")
"""A type, and how deep its values are in lists."""


@dataclass(frozen=True)
class Held:
    """How a file holds a column, and the type that holds all its numbers."""

    form: str
    number: str | None
    decimal_mark: str


def as_stated(raw: ColumnElement[Any], type_name: str, held: Held) -> ColumnElement[Any]:
    """The values of a column as a type that the caller states; an error where one is none of this type.

    Args:
        raw: The column as the file has it.
        type_name: The type.
        held: How the file holds the column.

    Raises:
        InvalidOptionError: If that is no type, or one of values within values that a cast does not keep.
    """
    name = type_name.strip().upper()
    if not _is_name(name):
        raise InvalidOptionError(f"Column {raw.name!r}: {type_name!r} is not the name of a type.")
    text = untyped.text_of(raw, held.form)
    if name in ("TEXT", "VARCHAR", "STRING"):
        return text
    base, lists = _LISTS.fullmatch(name).groups()  # type: ignore[union-attr]
    kind = base.partition("(")[0].strip()
    # DuckDB does not read the escapes of JSON's strings within a list.
    if kind in _NESTED_TYPES or (held.form == "json" and lists and not (kind in _NUMBERS or _OF_TIME.fullmatch(kind))):
        raise InvalidOptionError(
            f"Column {raw.name!r}: {type_name!r} is a type of values within values; read the column as text or JSON."
        )
    written = text if lists else _written(raw, kind, held)
    value = _tried(written, name)
    # An empty string is NULL where the type has no such value.
    wrong = text.is_not(None) & (sa.func.trim(text) != "") & value.is_(None)
    lost = _loses_items(text, base.strip(), lists.count("[")) if lists else _loses(raw, written, value, name, held)
    refusal = sa.func.error(sa.func.concat(raw, f" is no {type_name} of column {raw.name!r}"))
    return sa.case((wrong if lost is None else wrong | lost, cast_to(refusal, name)), else_=value)


def _written(raw: ColumnElement[Any], kind: str, held: Held) -> ColumnElement[Any]:
    """The values as DuckDB writes those of a kind of type."""
    if kind in _NUMBERS:
        return untyped.digits_of(raw, held.form, held.decimal_mark)
    if kind == "JSON":
        return raw
    text = untyped.text_of(raw, held.form)
    return sa.func.trim(text, type_=sa.Text()) if kind in _WITHOUT_BLANKS or _OF_TIME.fullmatch(kind) else text


def _loses(
    raw: ColumnElement[Any], written: ColumnElement[Any], value: ColumnElement[Any], name: str, held: Held
) -> ColumnElement[bool] | None:
    """Whether a cast has left a part of what is written out, or rounded a number; None if it cannot."""
    kind = name.partition("(")[0].strip()
    if kind == "BIGNUM":
        return ~untyped.is_like(written, r"[+-]?[0-9]+(\.0*)?")
    if kind in _EXACT_TYPES and held.number is not None:
        exact = untyped.read(raw, held, "decimal")
        return exact.is_not(None) & (value != exact)
    return _loses_time(written, kind, name) if _OF_TIME.fullmatch(kind) else None


def _tried(text: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
    return sa.func.try_cast(text.op("AS")(sa.literal_column(type_name)))


def _loses_time(text: ColumnElement[Any], kind: str, name: str) -> ColumnElement[bool]:
    """Whether a cast to a type of days or times leaves a part of what is written out: a time, a day, a zone, digits."""

    def has(pattern: str) -> ColumnElement[bool]:
        return sa.func.regexp_matches(text, pattern, type_=sa.Boolean())

    if kind == "DATE":
        return has(":") & ~has(_MIDNIGHT)
    given = re.fullmatch(r".*\(\s*([0-9]+)\s*\).*", name)
    digits = min(int(given[1]), 9) if given and kind != "INTERVAL" else _DIGITS_OF_SECONDS.get(kind, 6)
    lost = has(rf"\.[0-9]{{{digits}}}[0-9]*[1-9]")
    if kind.startswith("TIME") and not kind.startswith("TIMESTAMP"):
        lost = lost | _tried(text, "DATE").is_not(None)
    if "TZ" not in kind and "WITH TIME" not in kind:
        lost = lost | has(_ZONE)
    return lost


def _loses_items(text: ColumnElement[Any], item: str, depth: int) -> ColumnElement[bool]:
    """Whether a cast of lists has made NULL or another value of an item, which TRY_CAST does not tell."""
    items, strings = (_tried(text, f"{one}{'[]' * depth}") for one in (item, "VARCHAR"))
    for _ in range(depth - 1):
        items, strings = sa.func.flatten(items), sa.func.flatten(strings)
    kind, _, parameters = item.partition("(")
    kept = "true"
    if kind.strip() in _EXACT_TYPES:
        scale = (parameters.rstrip(") ").partition(",")[2].strip() or 0) if parameters else 3 if "DEC" in kind else 0
        kept = f"regexp_full_match(trim(pair[1]), '[-+]?[0-9]*(\\.[0-9]{{0,{int(scale)}}}0*)?')"
    elif _OF_TIME.fullmatch(kind.strip()):
        loses = _loses_time(sa.literal_column("pair[1]", sa.Text()), kind.strip(), item)
        kept = f"NOT ({loses.compile(compile_kwargs={'literal_binds': True})})"
    lost = f"pair[1] IS NOT NULL AND (pair[2] IS NULL OR NOT {kept})"
    pairs = sa.func.list_zip(strings, items)
    found = sa.func.list_filter(pairs, sa.literal_column(f"lambda pair: {lost}"))
    return sa.func.coalesce(sa.func.len(found), 0) > 0


def is_judged(type_name: object, dated: Collection[str]) -> bool:
    """Whether `as_stated` reads values as a type, and no format of the caller does."""
    if not isinstance(type_name, str) or not _is_name(name := type_name.strip().upper()):
        return False
    return name.partition("(")[0].strip() not in _NESTED_TYPES and not (dated and name.startswith(("DATE", "TIME")))


def _is_name(type_name: str) -> bool:
    return all(character.isalnum() or character in "_ (),[]" for character in type_name)


class _Named(UserDefinedType[Any]):
    """A type of DuckDB by its name."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """The name."""
        return self.name


def cast_to(value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
    """A value as a type of DuckDB."""
    return sa.cast(value, _Named(type_name))
