"""What a column's type can hold, apart from how databases spell it, and whether one type takes in another unharmed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import types as sql
from sqlalchemy.types import TypeEngine

from ..errors import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_UNKNOWN = "unknown"

# Integers that SQLAlchemy knows no type of its own for (DuckDB's): the bits that a signed number of their range needs.
_BITS = {
    "TinyInteger": 8,
    "UTinyInteger": 16,
    "UInt8": 16,
    "USmallInteger": 32,
    "UInt16": 32,
    "UInteger": 33,
    "UInt32": 33,
    "UBigInteger": 65,
    "UInt64": 65,
    "HugeInteger": 128,
    "UHugeInteger": 129,
    "VarInt": 4096,
}


@dataclass(frozen=True)
class Kind:
    """What a type can hold.

    Attributes:
        name: The family: boolean, integer, decimal, float, text, binary, date, timestamp, time, interval, uuid, json,
            array, other, or unknown.
        bits: For integers the bits that a signed number of the range needs; for floats 32 or 64.
        precision: For decimals the digits in all, None for no limit.
        scale: For decimals the digits after the point, None for no limit.
        zoned: For timestamps and times, whether values carry an offset or stand for an instant.
    """

    name: str
    bits: int | None = None
    precision: int | None = None
    scale: int | None = None
    zoned: bool = False

    def __str__(self) -> str:
        if self.name in {"integer", "float"}:
            return f"{self.name} of {self.bits} bits"
        if self.name == "decimal":
            return "decimal without limit" if self.scale is None else f"decimal({self.precision}, {self.scale})"
        if self.name in {"timestamp", "time"}:
            return f"{self.name} {'with' if self.zoned else 'without'} time zone"
        return self.name


_BIGINT = 2**63


def sendable(value: Any) -> Any:
    """A value as drivers take it: an integer beyond 64 bits as Decimal, because its parameter would be a BIGINT."""
    return Decimal(value) if type(value) is int and not -_BIGINT <= value < _BIGINT else value


def is_known(type_: TypeEngine[Any]) -> bool:
    """Whether a SQLAlchemy type says anything about its values."""
    return not isinstance(type_, sql.NullType) and type(type_) is not TypeEngine


def kind_of(type_: TypeEngine[Any]) -> Kind:
    """What a SQLAlchemy type can hold.

    Args:
        type_: Any type, of SQLAlchemy or of a dialect.

    Returns:
        Its kind; ``unknown`` for a type that says nothing (NullType).
    """
    if isinstance(type_, sql.TypeDecorator) and not isinstance(type_, sql.Interval):
        return kind_of(type_.impl_instance)
    number = _number(type_)
    if number is not None:
        return number
    if isinstance(type_, sql.DateTime | sql.Time):
        name = "timestamp" if isinstance(type_, sql.DateTime) else "time"
        return Kind(name, zoned=bool(getattr(type_, "timezone", False)))
    for cls, name in _FAMILIES:
        if isinstance(type_, cls):
            return Kind(name)
    try:
        generic = type_.as_generic()
    except NotImplementedError:
        return Kind("other")
    return Kind("other") if type(generic) is type(type_) else kind_of(generic)


_FAMILIES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (sql.NullType, _UNKNOWN),
    (sql.Boolean, "boolean"),
    (sql.JSON, "json"),
    (sql.ARRAY, "array"),
    (sql.Uuid, "uuid"),
    (sql.Interval, "interval"),
    (sql.Date, "date"),
    (sql.LargeBinary, "binary"),
    (sql.BINARY, "binary"),
    (sql.VARBINARY, "binary"),
    (sql.String, "text"),
)


def _number(type_: TypeEngine[Any]) -> Kind | None:
    if isinstance(type_, sql.Integer):
        if type(type_).__name__ in _BITS:
            return Kind("integer", bits=_BITS[type(type_).__name__])
        small, big = isinstance(type_, sql.SmallInteger), isinstance(type_, sql.BigInteger)
        return Kind("integer", bits=16 if small else 64 if big else 32)
    if isinstance(type_, sql.Float):
        # A FLOAT without precision is one of 64 bits wherever a table is made from it.
        short = isinstance(type_, sql.REAL) or (type_.precision is not None and type_.precision <= 24)
        return Kind("float", bits=32 if short else 64)
    if isinstance(type_, sql.Numeric):
        if type_.precision is None:
            return Kind("decimal")
        return Kind("decimal", precision=type_.precision, scale=type_.scale or 0)
    return None


def misfit(source: Kind, target: Kind, *, checked: bool = False) -> str | None:
    """Why values of one kind would not come back equal from a column of the other.

    Args:
        source: What the values are.
        target: What the column holds.
        checked: Whether each value is looked at on its way, so that what does not fit is refused then.

    Returns:
        The reason, or None when nothing is lost. Values out of the column's range are left to the database: it refuses
        them itself.
    """
    # What a type that we know nothing of holds, the database has to say.
    if {source.name, target.name} & {_UNKNOWN, "other"} or source == target:
        return None
    rules = {
        ("integer", "integer"): None,
        ("integer", "decimal"): None,
        ("integer", "float"): None if checked or _fits_float(source, target) else "digits would be lost",
        ("decimal", "integer"): None if source.scale == 0 else "digits after the point would be lost",
        ("decimal", "decimal"): _fewer_digits(source, target),
        ("float", "float"): "digits would be lost" if (source.bits or 64) > (target.bits or 64) else None,
        ("decimal", "float"): "digits would be lost",
        ("float", "decimal"): "digits would be lost",
        ("float", "integer"): "digits would be lost",
        ("timestamp", "date"): "the time of day would be lost",
    }
    pair = (source.name, target.name)
    if pair in rules:
        return rules[pair]
    if source.name == target.name:
        if source.zoned != target.zoned:
            return "the time zone would be lost" if source.zoned else "values have no time zone"
        return None
    return "values would change their type"


def _fits_float(source: Kind, target: Kind) -> bool:
    mantissa = 24 if target.bits == 32 else 53
    return (source.bits or 64) <= mantissa


def _fewer_digits(source: Kind, target: Kind) -> str | None:
    if target.scale is None or (source.scale is not None and source.scale <= target.scale):
        return None
    return "digits after the point would be lost"


def mismatches(
    source: Sequence[tuple[str, TypeEngine[Any]]],
    target: Mapping[str, TypeEngine[Any]],
    required: Iterable[str] = (),
    *,
    checked: bool = False,
) -> list[str]:
    """Everything that keeps rows of these columns from being written into that table.

    Args:
        source: Name and type of each column of the rows.
        target: Types of the table's columns by name.
        required: Columns of the table that must be given: NOT NULL, and filled by no default.
        checked: Whether each value is looked at on its way.

    Returns:
        One sentence for each fault; none when the rows fit.
    """
    found = []
    for name, type_ in source:
        if name not in target:
            match = closest(name, target)
            found.append(f"column {name!r} is not in the target" + (f"; did you mean {match!r}?" if match else ""))
            continue
        kind, other = kind_of(type_), kind_of(target[name])
        reason = misfit(kind, other, checked=checked)
        if reason is not None:
            found.append(f"column {name!r} is {kind}, the target holds {other}: {reason}")
    given = {name for name, _ in source}
    found += [f"column {name!r} is missing; the target requires it" for name in required if name not in given]
    return found
