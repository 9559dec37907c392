"""A cast that a user has written: what it means is the same on every database, or it is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Cast
from sqlalchemy.ext.compiler import compiles

from ...errors import ConfigurationError

if TYPE_CHECKING:
    from ...types.logical import LogicalType

__all__ = ["FALSE_WORDS", "TRUE_WORDS", "Converted", "require_meaning"]

TRUE_WORDS = ("true", "t", "yes", "y", "on", "1")
FALSE_WORDS = ("false", "f", "no", "n", "off", "0")
"""Strings that say a boolean, in lower case: those of PostgreSQL, in full or by their first letter."""

_OPEN = frozenset({"text", "unknown", "other"})
"""Types whose values can say a value of another type."""
_NUMBERS = frozenset({"integer", "float", "decimal", "boolean"}) | _OPEN
_MOMENTS = frozenset({"date", "timestamp"}) | _OPEN

_SOURCES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("integer", "float", "decimal", "boolean"), _NUMBERS),
    "date": _MOMENTS,
    "timestamp": _MOMENTS,
    "time": frozenset({"time", "timestamp"}) | _OPEN,
    "json": frozenset({"json"}) | _OPEN,
    "binary": frozenset({"binary"}) | _OPEN,
    "uuid": frozenset({"uuid"}) | _OPEN,
}
"""By the type of a cast, of which types it takes values; a string is made of every one."""


class Converted(Cast[Any]):
    """``CAST(value AS type)``; the compiler of a dialect whose database gives wrong values has a `visit_converted`."""

    inherit_cache = True


@compiles(Converted)
def _compile(element: Converted, compiler: Any, **options: Any) -> str:
    visit = getattr(compiler, "visit_converted", compiler.visit_cast)
    return str(visit(element, **options))


def require_meaning(database: str, source: LogicalType, target: LogicalType) -> None:
    """Refuse a cast that has no meaning, where the database gives a value all the same: 20240131 for a date.

    Args:
        database: Its name.
        source: The type of the value.
        target: That of the cast.

    Raises:
        ConfigurationError: If no value of the one type is one of the other.
    """
    zones = target.zoned != source.zoned and target.name != "text"
    if target.name != "text" and (zones or source.name not in _SOURCES.get(target.name, frozenset())):
        raise ConfigurationError(f"{database} cannot cast {source} to {target}.")
