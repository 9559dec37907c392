"""Families of column types: what the databases call a type, and what it can be compared with.

A family is one of the names in `FAMILIES`. Checks work with families, so that `BIGINT`, `int8` and `HUGEINT` are all
just integers, and a value in a rule can be refused before any scan when no row could ever be compared with it.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import uuid
from typing import TYPE_CHECKING, Any

from .._shared.infer import NUMBERS, family_of_python, family_of_value
from .._shared.moments import finer_than_columns

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "FAMILIES",
    "MOMENTS",
    "MOST_DIGITS",
    "NUMBERS",
    "ORDERED",
    "TEMPORAL",
    "adapt",
    "canonical",
    "describe_type",
    "family_of_name",
    "family_of_python",
    "family_of_value",
    "fits",
    "is_iso_moment",
    "matches_type",
    "type_names",
    "wanted_families",
]

FAMILIES = (
    "integer", "float", "decimal", "boolean", "text", "date", "datetime", "time", "interval", "binary", "uuid",
    "json", "list", "struct", "mixed", "untyped", "unknown",
)  # fmt: skip
MOMENTS = frozenset({"date", "datetime"})
MOST_DIGITS = 38
"""Of a decimal of DuckDB, and of most databases."""
TEMPORAL = frozenset({"date", "datetime", "time"})
ORDERED = NUMBERS | TEMPORAL | {"text", "mixed", "untyped", "unknown"}

# Names that mean a whole family in a rule, whatever the width.
_GENERIC = {
    "int": "integer", "integer": "integer", "float": "float", "number": "number", "numeric": "decimal",
    "decimal": "decimal", "bool": "boolean", "boolean": "boolean", "str": "text", "string": "text", "text": "text",
    "varchar": "text", "date": "date", "datetime": "datetime", "timestamp": "datetime", "time": "time",
    "timedelta": "interval", "interval": "interval", "bytes": "binary", "blob": "binary", "binary": "binary",
    "uuid": "uuid", "json": "json", "list": "list", "array": "list", "dict": "struct", "struct": "struct",
}  # fmt: skip

# Names of one and the same type, left the ones that some database prints, right the one used in comparisons.
_SAME = {
    "int2": "smallint", "int4": "integer", "int": "integer", "signed": "integer", "int8": "bigint", "long": "bigint",
    "float4": "real", "float8": "double", "double precision": "double", "character varying": "varchar",
    "string": "varchar", "char varying": "varchar", "bpchar": "char", "character": "char", "nvarchar": "varchar",
    "bool": "boolean", "logical": "boolean", "bytea": "blob", "varbinary": "blob", "binary": "blob",
    "timestamp without time zone": "timestamp", "datetime": "timestamp", "timestamp_us": "timestamp",
    "timestamp with time zone": "timestamptz", "datetime with time zone": "timestamptz",
    "timestamp with local time zone": "timestamptz", "time without time zone": "time", "time with time zone": "timetz",
    "numeric": "decimal", "dec": "decimal",
}  # fmt: skip

_BY_NAME = {
    "integer": ("tinyint", "smallint", "integer", "mediumint", "bigint", "hugeint", "serial", "bigserial", "oid",
                "utinyint", "usmallint", "uinteger", "ubigint", "uhugeint", "bignum", "varint"),
    "float": ("real", "double", "float", "half"),
    "decimal": ("decimal", "money", "number"),
    "boolean": ("boolean",),
    "text": ("varchar", "char", "text", "clob", "name", "citext", "enum", "tinytext", "mediumtext", "longtext",
             "nchar", "set"),
    "date": ("date",),
    "datetime": ("timestamp", "timestamptz", "timestamp_s", "timestamp_ms", "timestamp_ns"),
    "time": ("time", "timetz", "time_ns"),
    "interval": ("interval",),
    "binary": ("blob", "tinyblob", "mediumblob", "longblob"),
    "uuid": ("uuid",),
    "json": ("json", "jsonb", "variant"),
    "list": ("list", "array"),
    "struct": ("struct", "map", "row"),
    "mixed": ("union",),
}  # fmt: skip
#: Types that only one database has: rules may name them, and its dialect says what their values are read as.
_OF_ONE_DATABASE = frozenset({
    "inet", "inet4", "inet6", "cidr", "macaddr", "macaddr8", "bit", "varbit", "bit varying", "xml", "tsvector",
    "tsquery", "hstore", "year", "pg_lsn", "point", "geometry",
})  # fmt: skip
_FAMILY = {name: family for family, names in _BY_NAME.items() for name in names}


@functools.lru_cache(1024)
def canonical(type_name: str) -> tuple[str, str]:
    """The common name of a SQL type and its parameters: ``CHARACTER VARYING( 20 )`` gives ``("varchar", "20")``."""
    text = " ".join(type_name.lower().split())
    if text.endswith("]"):
        return "list", ""
    found = re.fullmatch(r"([a-z_ 0-9]+?) ?(?:\((.*?)\))?((?: with| without) (?:local )?time zone| unsigned)?", text)
    if found is None:
        return text.partition("(")[0].strip(), ""
    base, parameters, tail = found.group(1), found.group(2) or "", found.group(3) or ""
    name = base + ("" if tail == " unsigned" else tail)
    return _SAME.get(name, name), parameters.replace(" ", "")


def family_of_name(type_name: str) -> str:
    """The family of a SQL type name, as any of the databases prints it; ``unknown`` for any other."""
    return _FAMILY.get(canonical(type_name)[0], "unknown")


#: Python types by the names that rules use for them.
_OTHER_NAMES = {"bytearray": "bytes", "memoryview": "bytes", "tuple": "list"}


def describe_type(dtype: str | type) -> str | None:
    """The name of a type that a rule gives; None if there is no such type."""
    if isinstance(dtype, type):
        name = dtype.__name__.lower()
        return None if family_of_python(dtype) is None else _OTHER_NAMES.get(name, name)
    named = dtype.strip().lower() in _GENERIC or canonical(dtype)[0] in _OF_ONE_DATABASE
    if named or family_of_name(dtype) != "unknown":
        return dtype.strip()
    return None


def type_names() -> list[str]:
    """Every type name that a rule may use, for suggestions."""
    return sorted({*_GENERIC, *_SAME, *_FAMILY, *_OF_ONE_DATABASE})


def wanted_families(dtype: str) -> frozenset[str]:
    """The families that a type name in a rule asks for."""
    name = _GENERIC.get(dtype.strip().lower())
    return NUMBERS if name == "number" else frozenset({name or family_of_name(dtype)})


def matches_type(type_name: str, family: str, dtype: str) -> bool:
    """Whether a column's type is what a rule asks for.

    A Python name or a general SQL name (int, integer, text, varchar, timestamp …) asks for the family; a more exact
    one (bigint, varchar(20), decimal(10,2)) asks for exactly that type.

    Args:
        type_name: The column's type as the database prints it.
        family: The column's family.
        dtype: The name in the rule.
    """
    generic = _GENERIC.get(dtype.strip().lower())
    if generic == "number":
        return family in NUMBERS
    if generic is not None:
        return family == generic
    name, parameters = canonical(type_name)
    wanted, wanted_parameters = canonical(dtype)
    return name == wanted and (not wanted_parameters or parameters == wanted_parameters)


def adapt(value: Any, family: str, *, zoned: bool = False) -> Any:
    """A value from a rule as one that can be compared with a column of this family.

    ISO 8601 strings become a date, time or timestamp where the column holds those. Naive timestamps are UTC.

    Args:
        value: What the rule says.
        family: The column's family.
        zoned: Whether the column's timestamps, or times, carry a zone.

    Raises:
        ValueError: The two can never be compared.
    """
    own = family_of_value(value)
    if own is None or (own == "interval" and family in ("unknown", "untyped")):
        raise ValueError(f"{value!r} is not a value that a column can hold")
    if own == "float" and math.isnan(value):
        raise ValueError("NaN cannot be compared with anything")
    if family in ("unknown", "mixed", "untyped") or own == family or (own in NUMBERS and family in NUMBERS):
        return _placed(value, family, zoned=zoned)
    if family == "datetime" and own == "date":
        return _zone(dt.datetime.combine(value, dt.time()), zoned=zoned)
    if own == "text" and family in _WRITTEN:
        if family in ("datetime", "time") and (problem := finer_than_columns(value)) is not None:
            raise ValueError(problem)
        try:
            return _placed(_WRITTEN[family](value), family, zoned=zoned)
        except ValueError:
            raise ValueError(
                f"{value!r} is not an ISO 8601 {family}" if family != "uuid" else f"{value!r} is not a UUID"
            ) from None
    raise ValueError(f"{value!r} ({own}) cannot be compared with a column of type {family}")


def fits(value: Any, family: str) -> bool:
    """Whether a value can be compared with a column of this family."""
    try:
        adapt(value, family)
    except ValueError:
        return False
    return True


def is_iso_moment(text: str) -> bool:
    """Whether a string is a date or a timestamp of ISO 8601."""
    if re.match(r"\d{4}-\d{2}-\d{2}", text) is None:
        return False
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


#: How the strings of a rule are read where a column holds these.
_WRITTEN: dict[str, Callable[[str], Any]] = {
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "uuid": uuid.UUID,
}


def _placed(value: Any, family: str, *, zoned: bool) -> Any:
    """A timestamp or time with or without a zone, as the column has it; any other value as it is."""
    if family == "time":
        return value.replace(tzinfo=dt.UTC) if zoned and value.tzinfo is None else value
    return _zone(value, zoned=zoned) if family == "datetime" else value


def _zone(value: dt.datetime, *, zoned: bool) -> dt.datetime:
    aware = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
    return aware if zoned else aware.replace(tzinfo=None)
