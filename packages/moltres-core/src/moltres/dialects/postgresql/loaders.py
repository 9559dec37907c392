"""How psycopg reads values that Python has no exact form for: told apart from all others instead of bent or dropped.

The loaders are set on the cursor of one statement, so that nothing changes for whoever else uses the connection.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from ...types import documents
from .user_arrays import known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from .user_arrays import UserArray

_MOMENTS = ("date", "time", "timetz", "timestamp", "timestamptz")
_RANGES = ("int4", "int8", "num", "ts", "tstz", "date")
_AS_TEXT = ("json", "jsonb", *(f"{name}{end}" for name in _RANGES for end in ("range", "multirange")))


@dataclass(frozen=True)
class Unreadable:
    """What stands in a row for a value that Python has no form for.

    Attributes:
        text: The value as PostgreSQL writes it.
        reason: Why it is not read.
    """

    text: str
    reason: str


def refuse(values: Sequence[Any]) -> Sequence[Any]:
    """The values of a column, none of which may be unreadable; of arrays neither their items.

    Raises:
        ValueError: With the first value that is.
    """
    classes = set(map(type, values))
    if Unreadable in classes:
        found = next(value for value in values if type(value) is Unreadable)
        raise ValueError(f"the value {found.text!r} {found.reason}")
    if list in classes:
        for value in values:
            if type(value) is list:
                refuse(value)
    return values


def read_documents(values: Sequence[Any]) -> Sequence[Any]:
    """The values of a column of arrays whose items are JSON, with `documents.NULL` where an item is null.

    Raises:
        ValueError: As `refuse` and `documents.read` do, and with the first array of several dimensions: these are lists
            in Python, as those of its documents are.
    """
    return [None if value is None else _documents_of(value) for value in refuse(values)]


def _documents_of(array: list[Any]) -> list[Any]:
    if any(type(item) is list for item in array):
        read = documents.read_items(array)
        raise ValueError(f"the value {read!r:.60} has several dimensions, which lists in JSON cannot be told from")
    return [None if item is None else documents.read(item) for item in array]


@contextmanager
def exact(connection: Connection) -> Iterator[None]:
    """Let the statements of the block be read by exact loaders; for psycopg only."""
    loaders = _loaders()

    def prepare(_: Connection, cursor: Any, *__: Any) -> None:
        for name, loader in loaders.items():
            cursor.adapters.register_loader(name, loader)
        for array in known(connection):
            _register(cursor.adapters, array)

    event.listen(connection, "before_cursor_execute", prepare)
    try:
        yield
    finally:
        if event.contains(connection, "before_cursor_execute", prepare):
            event.remove(connection, "before_cursor_execute", prepare)


def _register(registry: Any, array: UserArray) -> None:
    """Read an array as the list of its items."""
    from psycopg.pq import Format
    from psycopg.types import TypeInfo

    TypeInfo(array.name, array.item, array.oid).register(SimpleNamespace(adapters=registry))
    registry.register_loader(array.oid, _of_arrays(registry.get_loader(array.oid, Format.TEXT)))
    loader = registry.get_loader(array.base, Format.TEXT)
    if array.base != array.item and loader is not None:  # what psycopg does not know is read as text
        registry.register_loader(array.item, loader)


def _loaders() -> dict[str | int, Any]:
    from psycopg import adapters
    from psycopg.pq import Format
    from psycopg.types.string import TextLoader

    def usual(oid: int) -> Any:
        return adapters.get_loader(oid, Format.TEXT)

    made: dict[str | int, Any] = {name: _guarded(usual(adapters.types[name].oid), _readable) for name in _MOMENTS}
    made["interval"] = _guarded(usual(adapters.types["interval"].oid), _of_months)
    arrays = {info.array_oid: usual(info.array_oid) for info in adapters.types if info.array_oid}
    made |= {oid: _of_arrays(loader) for oid, loader in arrays.items() if loader is not None}
    return made | dict.fromkeys(_AS_TEXT, TextLoader)


@cache
def _guarded(usual: Any, refusal: Callable[[bytes], str | None]) -> Any:
    from psycopg.adapt import Loader
    from psycopg.errors import DataError

    class Guarded(Loader):
        """psycopg's own loader, but for the values that it cannot load or would change."""

        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._load = usual(oid, context).load

        def load(self, data: Any) -> Any:
            reason = refusal(data)
            if reason is None:
                try:
                    return self._load(data)
                except DataError:
                    reason = "is not within the years 1 to 9999, or no time of a day, and has no form in Python"
            return Unreadable(bytes(data).decode(), reason)

    return Guarded


def _of_arrays(usual: Any) -> Any:
    return _guarded(usual, _other_bounds)


def _readable(data: bytes) -> str | None:  # noqa: ARG001 - whatever it is, psycopg knows
    return None


def _other_bounds(data: bytes) -> str | None:
    return "counts its items from another number than 1, which a list has no form for" if data[:1] == b"[" else None


def _of_months(data: bytes) -> str | None:
    text = bytes(data)
    return "has months, whose length in days is not known" if b"mon" in text or b"year" in text else None
