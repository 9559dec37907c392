"""What reflected types of DuckDB hold, by what stands within their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...types.logical import LogicalType, Within, logical_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.types import TypeEngine

__all__ = ["HELD"]

_MODULE = "duckdb_sqlalchemy.datatypes"


def _fields(type_: Any) -> Iterator[tuple[str, TypeEngine[Any]]]:
    """The fields of a structure or union that was reflected."""
    return iter(dict(type_.fields or {}).items())


def _parted(kind: str, parts: Callable[[Any], Iterable[tuple[str, TypeEngine[Any]]]]) -> Callable[[Any], LogicalType]:
    """What a reflected type holds, by what stands within."""

    def logical(type_: Any) -> LogicalType:
        return LogicalType("other", within=Within(kind, tuple((name, logical_type(one)) for name, one in parts(type_))))

    return logical


HELD: Final[dict[str, Callable[[Any], LogicalType] | LogicalType]] = {
    f"{_MODULE}.Struct": _parted("struct", _fields),
    f"{_MODULE}.Union": _parted("union", _fields),
    f"{_MODULE}.Map": _parted("map", lambda type_: [("key", type_.key_type), ("value", type_.value_type)]),
    f"{_MODULE}.FixedArray": _parted("list", lambda type_: [("items", type_.item_type)]),
    f"{_MODULE}.TimestampNs": LogicalType("timestamp", scale=9),
    f"{_MODULE}.TimeNs": LogicalType("time", scale=9),
}
"""By the class of SQLAlchemy."""
