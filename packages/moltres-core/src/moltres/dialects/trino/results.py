"""What the driver makes of a result, as the values that Trino holds, however deeply they stand within others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from ...types import documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MICROSECONDS: Final = 6

_TYPE = re.compile(
    r"(?P<name>[a-z]+(?: [a-z]+)*)(?:\((?P<inside>.*)\))?(?P<zone> with time zone)?", re.DOTALL | re.IGNORECASE
)
_SPACED = re.compile(r"interval (day to second|year to month)|time(stamp)?(\(\d+\))? with time zone", re.IGNORECASE)
_FIELD = re.compile(r'(?:"(?:[^"]|"")*"|[^\s("]+) (?P<type>.+)', re.DOTALL)
_PIECE = re.compile(r'"(?:[^"]|"")*"|.', re.DOTALL)


def converter(code: str) -> Callable[[Any], Any] | None:  # noqa: PLR0911 - one branch for each kind
    """What turns one value of a type, which is not NULL, into Python's; ValueError refuses it.

    Args:
        code: What Trino calls the type.

    Returns:
        None if the driver's values are that already.
    """
    match = _TYPE.fullmatch(code)
    if match is None:
        return None
    name, inside, zoned = match["name"].lower(), match["inside"] or "", bool(match["zone"])
    if name == "array":
        item = _or_null(converter(inside))
        return item and (lambda value: [item(one) for one in value])
    if name == "map":
        key, one = (_or_null(converter(part)) for part in _parts(inside))
        if key is None and one is None:
            return None
        key, one = key or _same, one or _same
        return lambda value: {key(name): one(part) for name, part in value.items()}
    if name == "row":
        fields = [_or_null(converter(_type_of(part))) or _same for part in _parts(inside)]
        return lambda value: _struct(value, fields)
    if name in {"time", "timestamp"} and int(inside or 3) > MICROSECONDS:
        return _refusing(f"{code} has more digits than Python's microseconds; cast it to {name}({MICROSECONDS})")
    if name == "interval year to month":
        return _refusing("an interval of years and months has no value in Python; cast it to varchar")
    if name == "timestamp" and zoned:
        return _moment
    return documents.read if name == "json" else None


def _or_null(convert: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    return convert and (lambda value: None if value is None else convert(value))


def _same(value: Any) -> Any:
    return value


def _parts(inside: str) -> Iterator[str]:
    """What stands between the parentheses of a type, by its commas."""
    depth, part = 0, ""
    for piece in _PIECE.findall(inside):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "," and not depth:
            yield part.strip()
            part = ""
        else:
            part += piece
    yield part.strip()


def _type_of(field: str) -> str:
    """The type of a field of a row, which may have a name before it."""
    named = None if _SPACED.fullmatch(field) else _FIELD.fullmatch(field)
    return named["type"] if named else field


def _struct(value: Any, fields: list[Callable[[Any], Any]]) -> Any:
    names = list(getattr(value, "_names", None) or [])
    plain = [convert(one) for convert, one in zip(fields, value, strict=True)]
    if not names or not all(names):
        return plain
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise ValueError(f"a row has the field {repeated!r} more than once; give its fields names of their own")
    return dict(zip(names, plain, strict=True))


def _moment(value: Any) -> Any:
    """As it is, unless the server has said a time that the clocks of its zone show twice: it does not say which."""
    zone = getattr(value, "tzinfo", None)  # with legacy_primitive_types the driver gives strings
    if isinstance(zone, ZoneInfo) and value.utcoffset() != value.replace(fold=1).utcoffset():
        raise ValueError(
            f"{value:%Y-%m-%d %H:%M:%S} is there twice in {zone.key}, and Trino does not say which of the two it is;"
            " convert it with AT TIME ZONE 'UTC'"
        )
    return value


def _refusing(why: str) -> Callable[[Any], Any]:
    def refuse(_value: Any) -> Any:
        raise ValueError(why)

    return refuse
