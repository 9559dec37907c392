"""What a column's type can hold, apart from how databases spell it, and whether one type takes in another unharmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import types as sql
from sqlalchemy.types import TypeEngine

from ..errors import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Within:
    """What stands within values that have parts.

    Attributes:
        kind: ``struct``, ``map``, ``list`` or ``union``.
        parts: Names and types: the fields of a structure, the members of a union, ``key`` and ``value`` of a map, one
            for the items of a list.
    """

    kind: str
    parts: tuple[tuple[str, LogicalType], ...]


@dataclass(frozen=True)
class LogicalType:
    """What a column can hold.

    Attributes:
        name: The family: boolean, integer, decimal, float, text, binary, date, timestamp, time, interval, uuid, json,
            array, other, or unknown. Types that only one database has (enums, addresses, ranges, bit strings) are text,
            as that database writes them.
        bits: For integers the bits that a signed number of the range needs; for floats 32 or 64.
        precision: For decimals the digits in all, None for no limit. For intervals the unit in microseconds of which
            each is a multiple, None for one.
        scale: For decimals the digits after the point, None for no limit; below 0, so many digits before it are zero.
            For timestamps and times the digits after the second, None for six.
        zoned: For timestamps and times, whether values carry an offset or stand for an instant.
        length: For text the most characters, None for no limit.
        padded: For text, whether values are filled up with blanks to that length.
        native: Whether only one database has the type: values have the form that this database writes and reads.
        item: For arrays what the items are; for JSON that is known to hold only lists, likewise.
        untold: Whether the database sends values of another family alike: documents and UUIDs as text, booleans as
            integers.
        within: For JSON and for types of one database, what stands within values that have parts, where it is known.
    """

    name: str
    bits: int | None = None
    precision: int | None = None
    scale: int | None = None
    zoned: bool = False
    length: int | None = None
    padded: bool = False
    native: bool = False
    item: LogicalType | None = None
    untold: bool = False
    within: Within | None = None

    def __str__(self) -> str:
        if self.within is not None:
            return self.within.kind
        if self.name in {"integer", "float"}:
            return f"{self.name} of {self.bits} bits"
        if self.name == "decimal":
            return "decimal without limit" if self.scale is None else f"decimal({self.precision}, {self.scale})"
        if self.name in {"timestamp", "time"}:
            return f"{self.name} {'with' if self.zoned else 'without'} time zone"
        return self.name


_Native: TypeAlias = Callable[[Any], LogicalType]

_NATIVE: dict[str, _Native] = {}


def register(native: Mapping[str, _Native | LogicalType]) -> None:
    """Say what types hold that only one database has. Each module of a dialect does it once, when it is imported.

    Args:
        native: By the module and name of the SQLAlchemy class, ``sqlalchemy.dialects.mysql.types.YEAR``; subclasses
            are included. A function is given the type.
    """
    for name, logical in native.items():
        _NATIVE[name] = _constant(logical) if isinstance(logical, LogicalType) else logical


def _constant(logical: LogicalType) -> _Native:
    return lambda _: logical


_BIGINT = 2**63


def sendable(value: Any) -> Any:
    """A value as drivers take it: an integer beyond 64 bits as Decimal, because its parameter would be a BIGINT."""
    return Decimal(value) if type(value) is int and not -_BIGINT <= value < _BIGINT else value


def is_known(type_: TypeEngine[Any]) -> bool:
    """Whether a SQLAlchemy type says anything about its values."""
    return not isinstance(type_, sql.NullType) and type(type_) is not TypeEngine


class Told(sql.NullType):
    """Says of the values of an expression only what the database makes of them, and nothing of how they are read.

    Args:
        made: The type that the database reports.
    """

    cache_ok = True

    def __init__(self, made: TypeEngine[Any]) -> None:
        self.made = made


def told(type_: TypeEngine[Any]) -> LogicalType:
    """What an expression of a type is in SQL: also where it is not known how its values are read.

    Args:
        type_: Any type.
    """
    return logical_type(type_.made if isinstance(type_, Told) else type_)


def logical_type(type_: TypeEngine[Any]) -> LogicalType:
    """What a SQLAlchemy type can hold.

    Args:
        type_: Any type, of SQLAlchemy or of a dialect.

    Returns:
        Its logical type; ``unknown`` for a type that says nothing (NullType).
    """
    if isinstance(type_, sql.TypeDecorator) and not isinstance(type_, sql.Interval):
        return logical_type(type_.impl_instance)
    found = _native(type_) or _number(type_) or _structured(type_)
    if found is not None:
        return found
    for known, name in _FAMILIES:
        if isinstance(type_, known):
            return LogicalType(name)
    try:
        generic = type_.as_generic()
    except NotImplementedError:
        return LogicalType("other")
    return LogicalType("other") if type(generic) is type(type_) else logical_type(generic)


def _native(type_: TypeEngine[Any]) -> LogicalType | None:
    for cls in type(type_).__mro__:
        native = _NATIVE.get(f"{cls.__module__}.{cls.__name__}")
        if native is not None:
            return native(type_)
    return None


def _structured(type_: TypeEngine[Any]) -> LogicalType | None:
    """What types hold whose options count."""
    if isinstance(type_, sql.DateTime | sql.Time):
        name = "timestamp" if isinstance(type_, sql.DateTime) else "time"
        digits = getattr(type_, "precision", None)
        return LogicalType(name, zoned=bool(getattr(type_, "timezone", False)), scale=digits)
    if isinstance(type_, sql.ARRAY):
        return LogicalType("array", item=_item(type_))
    if isinstance(type_, sql.VARCHAR | sql.CHAR | sql.NVARCHAR | sql.NCHAR):
        return LogicalType("text", length=type_.length, padded=isinstance(type_, sql.CHAR | sql.NCHAR))
    if isinstance(type_, PartedDocument):
        return LogicalType("json", within=type_.within)
    if isinstance(type_, ListDocument):
        return LogicalType("json", item=logical_type(type_.item_type))
    return None


def _item(array: sql.ARRAY[Any]) -> LogicalType:
    item = logical_type(array.item_type)
    for _ in range((array.dimensions or 1) - 1):
        item = LogicalType("array", item=item)
    return item


class ListDocument(sql.JSON):
    """JSON that holds lists of one type: Python lists fit a column of JSON, and a column of arrays as well.

    Args:
        item_type: What the items are.
    """

    cache_ok = True

    def __init__(self, item_type: TypeEngine[Any]) -> None:
        super().__init__()
        self.item_type = item_type


class PartedDocument(sql.JSON):
    """JSON of which is known what stands within, such as the structures of Arrow.

    Args:
        within: What does.
    """

    cache_ok = True

    def __init__(self, within: Within) -> None:
        super().__init__()
        self.within = within


_FAMILIES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (sql.NullType, _UNKNOWN),
    (sql.Boolean, "boolean"),
    (sql.JSON, "json"),
    (sql.Uuid, "uuid"),
    (sql.Interval, "interval"),
    (sql.Date, "date"),
    (sql.LargeBinary, "binary"),
    (sql.BINARY, "binary"),
    (sql.VARBINARY, "binary"),
    (sql.String, "text"),
)


def _number(type_: TypeEngine[Any]) -> LogicalType | None:
    if isinstance(type_, sql.Integer):
        small, big = isinstance(type_, sql.SmallInteger), isinstance(type_, sql.BigInteger)
        return LogicalType("integer", bits=16 if small else 64 if big else 32)
    if isinstance(type_, sql.Float):
        # A FLOAT without precision is one of 64 bits wherever a table is made from it.
        short = isinstance(type_, sql.REAL) or (type_.precision is not None and type_.precision <= 24)
        return LogicalType("float", bits=32 if short else 64)
    if isinstance(type_, sql.Numeric):
        if type_.precision is None:
            return LogicalType("decimal")
        return LogicalType("decimal", precision=type_.precision, scale=type_.scale or 0)
    return None


_SENT_ALIKE = frozenset({("text", "json"), ("text", "uuid"), ("integer", "boolean")})


def misfit(source: LogicalType, target: LogicalType, *, checked: bool = False) -> str | None:
    """Why values of one type would not come back equal from a column of the other.

    Args:
        source: What the values are.
        target: What the column holds.
        checked: Whether each value is looked at on its way, so that what does not fit is refused then.

    Returns:
        The reason, or None when nothing is lost. Values out of the column's range are left to the database: it refuses
        them itself.
    """
    in_document = source.within is not None and target.name == "json" and not checked
    if _has_parts(target) or in_document or (source.within is not None and target.name == "array"):
        return _misfit_within(source, target, checked=checked)
    # What a type that we know nothing of holds, the database has to say.
    if {source.name, target.name} & {_UNKNOWN, "other"} or source == target:
        return None
    rules = {
        ("integer", "integer"): None,
        ("integer", "decimal"): "digits before the point would be lost" if (target.scale or 0) < 0 else None,
        ("integer", "float"): None if checked or _fits_float(source, target) else "digits would be lost",
        ("decimal", "integer"): None if source.scale == 0 else "digits after the point would be lost",
        ("decimal", "decimal"): _fewer_digits(source, target),
        ("float", "float"): "digits would be lost" if (source.bits or 64) > (target.bits or 64) else None,
        ("decimal", "float"): "digits would be lost",
        ("float", "decimal"): "digits would be lost",
        ("float", "integer"): "digits would be lost",
        ("timestamp", "date"): "the time of day would be lost",
        ("json", "array"): None if checked and source.item is not None else "values would change their type",
        ("array", "array"): _items(source, target, checked=checked),
    }
    pair = (source.name, target.name)
    if source.untold and pair in _SENT_ALIKE:
        return None
    if pair in rules:
        return rules[pair]
    return _lost(source, target, checked=checked) if source.name == target.name else "values would change their type"


_IN_JSON = frozenset({"boolean", "integer", "decimal", "float", "text", "json", _UNKNOWN})


def _has_parts(kind: LogicalType) -> bool:
    return kind.within is not None or (kind.item is not None and kind.name == "array" and _has_parts(kind.item))


def _within(kind: LogicalType) -> Within | None:
    if kind.within is None and kind.name == "array" and kind.item is not None:
        return Within("list", (("items", kind.item),))
    return kind.within


def _misfit_within(source: LogicalType, target: LogicalType, *, checked: bool) -> str | None:
    """The same for values that have parts: each part is compared, for a database converts these, too."""
    own, other = _within(source), _within(target)
    if source == target or source.name in {_UNKNOWN, "other"}:
        return None
    if other is None:
        return None if own is None else _misfit_document(own)
    if own is None:
        looked_at = checked and (source.name == "json" or other.kind == "union")
        return None if looked_at else "values would change their type"
    given, held = dict(own.parts), dict(other.parts)
    if own.kind != other.kind or own.kind == "union":
        return f"a {own.kind} would become a {'different ' if own.kind == other.kind else ''}{other.kind}"
    if given.keys() != held.keys():
        return f"the fields are {', '.join(map(repr, given))} instead of {', '.join(map(repr, held))}"
    reasons = ((name, misfit(type_, held[name])) for name, type_ in given.items())
    return next((f"within, {name!r}: {reason}" for name, reason in reasons if reason is not None), None)


def _misfit_document(own: Within) -> str | None:
    """Why values that have parts are no JSON."""
    if own.kind == "union" or (own.kind == "map" and own.parts[0][1].name != "text"):
        return "values would change their type"
    for name, kind in own.parts:
        inner = _within(kind)
        reason = _misfit_document(inner) if inner else None if kind.name in _IN_JSON else f"JSON has no {kind}"
        if reason is not None:
            return f"within, {name!r}: {reason}"
    return None


def _lost(source: LogicalType, target: LogicalType, *, checked: bool) -> str | None:
    """What of a value another type of the same family loses."""
    if source.zoned != target.zoned:
        return "the time zone would be lost" if source.zoned else "values have no time zone"
    if source.name in {"timestamp", "time"} and not checked and _digits(source) > _digits(target):
        return "digits after the second would be lost"
    if source.name == "interval" and not checked and (source.precision or 1) % (target.precision or 1):
        return "the smaller units would be lost"
    return None


def _digits(moment: LogicalType) -> int:
    return 6 if moment.scale is None else moment.scale


def _fits_float(source: LogicalType, target: LogicalType) -> bool:
    mantissa = 24 if target.bits == 32 else 53
    return (source.bits or 64) <= mantissa


def _items(source: LogicalType, target: LogicalType, *, checked: bool) -> str | None:
    return None if source.item is None or target.item is None else misfit(source.item, target.item, checked=checked)


def _fewer_digits(source: LogicalType, target: LogicalType) -> str | None:
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
        kind, other = logical_type(type_), logical_type(target[name])
        reason = misfit(kind, other, checked=checked)
        if reason is not None:
            found.append(f"column {name!r} is {kind}, the target holds {other}: {reason}")
    given = {name for name, _ in source}
    found += [f"column {name!r} is missing; the target requires it" for name in required if name not in given]
    return found
