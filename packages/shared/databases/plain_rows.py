"""Rows as drivers give them by themselves: all at once, as tuples, of the values that stand in the database.

A caller can give an engine whose driver makes other rows, or other values of the same rows. What moltres and dq_core
ask of a database would be read wrongly then, first of all what they ask for themselves.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..problems import InvalidURLError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    _Setting: TypeAlias = tuple[Callable[[Any], object], Any, Any]

__all__ = ["plain_rows"]

_ALL_AT_ONCE: Final[Mapping[str, Any]] = {"stream_results": False, "yield_per": None}
"""Of a result that is streamed one statement cannot be read while the next one runs."""

_EXACT: Final = (
    "bool", "int2", "int4", "int8", "float4", "float8", "numeric", "bytea", "uuid", "text", "varchar", "bpchar", "name",
    "date", "time", "timetz", "timestamp", "timestamptz", "interval", "json", "jsonb", "oid",
)  # fmt: skip
"""Types of PostgreSQL that psycopg reads as they are by itself, as NUMERIC, of which a caller can make floats."""

_PRAGMAS: Final[Mapping[str, int]] = {"count_changes": 0, "full_column_names": 0, "short_column_names": 1}
"""What gives SQLite's results other columns, and writes a row, which nobody reads: they end after it, or not at all."""


@contextmanager
def plain_rows(connection: Connection) -> Iterator[None]:
    """Let a connection give rows as its driver does by itself within the block, whatever the caller has set.

    Args:
        connection: The connection; it may be the caller's. What it had holds again after the block.

    Raises:
        InvalidURLError: If its driver gives bytes in the place of strings, also to SQLAlchemy; or if schemas have other
            names on it.
    """
    options = connection.get_execution_options()
    if options.get("schema_translate_map"):
        raise InvalidURLError(
            "The connection has a schema_translate_map, which what a database is asked of its tables does not follow.",
            suggestion="Leave it out, and name the schema.",
        )
    streams = {name: options[name] for name in _ALL_AT_ONCE if options.get(name)}
    changed = [one for one in _settings(connection.connection.driver_connection) if one[1] != one[2]]
    if streams:
        connection.execution_options(**{name: _ALL_AT_ONCE[name] for name in streams})
    for change, _, usual in changed:
        change(usual)
    try:
        yield
    finally:
        for change, before, _ in changed:
            change(before)
        if streams and not connection.closed:
            connection.execution_options(**streams)


def _settings(raw: Any) -> Iterator[_Setting]:
    """How the form of rows is changed on a connection of a driver, what it is, and what it is by itself."""

    def named(usual: Mapping[str, Any]) -> Iterator[_Setting]:
        return ((partial(setattr, raw, name), getattr(raw, name), value) for name, value in usual.items())

    psycopg, pymysql = sys.modules.get("psycopg"), sys.modules.get("pymysql")
    if isinstance(raw, sqlite3.Connection):
        yield from named({"row_factory": None})
        for pragma, as_it_is in _PRAGMAS.items():
            if (value := _pragma(raw, pragma)) is not None:
                yield partial(_pragma, raw, pragma), value, as_it_is
        if not isinstance(raw.text_factory(b""), str):  # another way to make a string of bytes is left to the caller
            yield from named({"text_factory": str})
    elif psycopg is not None and isinstance(raw, psycopg.Connection):
        yield from named({"row_factory": psycopg.rows.tuple_row})
        for name in _EXACT:
            oid = psycopg.adapters.types[name].oid
            before, usual = (one.get_loader(oid, psycopg.pq.Format.TEXT) for one in (raw.adapters, psycopg.adapters))
            yield partial(raw.adapters.register_loader, oid), before, usual
    elif pymysql is not None and isinstance(raw, pymysql.connections.Connection):
        if not raw.use_unicode:  # what SQLAlchemy has asked when it connected it has as bytes, too
            raise InvalidURLError(
                "The connection gives bytes in the place of strings: use_unicode=False is not supported.",
                suggestion="Leave use_unicode out.",
            )
        converters = pymysql.converters
        yield from named({"cursorclass": pymysql.cursors.Cursor})
        yield from named({"encoders": converters.encoders, "decoders": converters.decoders})


def _pragma(raw: sqlite3.Connection, name: str, value: int | None = None) -> int | None:
    """What a flag of SQLite is, or is now; None where this SQLite has none of that name."""
    cursor = raw.cursor()
    cursor.row_factory = None
    found = cursor.execute(f"PRAGMA {name}" if value is None else f"PRAGMA {name} = {value}").fetchone()
    return None if found is None else int(found[0])
