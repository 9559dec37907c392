"""The ways to write that are killed: the tables before, the rows that come, and what must be there afterwards."""

from __future__ import annotations

import itertools
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from moltres import connect
from moltres.dialects import dialect_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moltres import Database
    from moltres.dialects import Dialect

__all__ = [
    "GIVEN",
    "OLD",
    "WAYS",
    "Rows",
    "Way",
    "batches",
    "engine_of",
    "in_order",
    "prepare",
    "rows_and_others",
    "ways_of",
    "write",
]

Rows = list[tuple[Any, ...]]

BATCHES, BATCH = 5, 20

OLD: Rows = [(number, 0, number % 2) for number in range(40)]
GIVEN: Rows = [(number, 1, 1) for number in range(20, 20 + BATCHES * BATCH)]
#: Rows of each batch that a table with `_STRICT` columns refuses.
REFUSED: Rows = [(None, 1, 1), (5000, 1, 9)]

_PLAIN = "id INT, v INT, p INT"
_STRICT = "id INT NOT NULL, v INT, p INT, CHECK (p < 9)"
_KEPT = {"source", "source_refused", "old_rows"}
_BEGUN, _LATER = "2026-01-01T12:00:00", "2026-02-01T12:00:00"


@dataclass(frozen=True)
class Way:
    """One way to write.

    Attributes:
        mode: The mode of the write.
        there: Whether the table exists before.
        column: The second column of the new rows; the table has ``v``.
        options: The options of the mode.
        new: What is there afterwards, of the old rows and those that are written.
        declared: The columns of the table; None for a history, which a load makes.
        refused: Rows of each batch that the table does not take.
        has: Whether a dialect has it.
    """

    mode: str
    there: bool
    new: Callable[[Rows, Rows], Rows]
    column: str = "v"
    options: dict[str, Any] = field(default_factory=dict)
    declared: str | None = _PLAIN
    refused: Rows = field(default_factory=list)
    has: Callable[[Dialect], bool] = lambda _: True

    @property
    def source(self) -> str:
        """The table of the same database with the rows that are written."""
        return "source_refused" if self.refused else "source"

    @property
    def before(self) -> Rows | None:
        """What is there before, in order; None if there is no table."""
        if not self.there:
            return None
        return in_order(OLD if self.declared is not None else [(*row, _day(_BEGUN), None) for row in OLD])

    @property
    def after(self) -> Rows:
        """What is there afterwards, in order."""
        return in_order(self.new(OLD if self.there else [], GIVEN))


def in_order(rows: Rows) -> Rows:
    """Rows in an order that NULLs have, too."""
    return sorted(rows, key=lambda row: tuple((value is not None, str(type(value)), value) for value in row))


def _day(moment: object) -> str | None:
    """The day of a moment as any database gives it."""
    return None if moment is None else str(moment)[:10]


def _merged(old: Rows, given: Rows) -> Rows:
    return list({row[0]: row for row in [*old, *given]}.values())


def _versions(old: Rows, given: Rows) -> Rows:
    """All old versions end: their keys come again with another value, or are missing."""
    begun, later = _day(_BEGUN), _day(_LATER)
    return [*((*row, begun, later) for row in old), *((*row, later, None) for row in given)]


def _sifted(old: Rows, given: Rows) -> Rows:
    """The rows that the table takes, and those that it refuses, with the column at fault."""
    refused = [("refused", name, row) for row, name in zip(REFUSED, ("id", "p"), strict=True)]
    return [*old, *given, *(refused * BATCHES)]


def _has_history(dialect: Dialect) -> bool:
    return dialect.capabilities.transactions and dialect.compares_rows


_HISTORY = {"keys": ["id"], "valid_at": _LATER}
_CLOSING = {**_HISTORY, "delete_missing": "close", "delete_at_most": 1.0}

WAYS = {
    "error_if_exists": Way("error_if_exists", False, lambda _, given: given),
    "ignore": Way("ignore", False, lambda _, given: given),
    "append": Way("append", True, lambda old, given: [*old, *given]),
    "append-new": Way("append", False, lambda _, given: given),
    "overwrite": Way("overwrite", True, lambda _, given: given),
    "overwrite-columns": Way("overwrite", True, lambda _, given: given, column="w"),
    "merge": Way("merge", True, _merged, options={"keys": ["id"]}),
    "overwrite_partitions": Way(
        "overwrite_partitions",
        True,
        lambda old, given: [*(row for row in old if row[2] != 1), *given],
        options={"partition_by": ["p"]},
    ),
    "scd2": Way("scd2", True, _versions, options=_CLOSING, declared=None, has=_has_history),
    "scd2-new": Way("scd2", False, _versions, options=_HISTORY, declared=None, has=_has_history),
    "rejects": Way(
        "append",
        True,
        _sifted,
        options={"rejects": "table", "rejects_at_most": 0.5},
        declared=_STRICT,
        refused=REFUSED,
        has=lambda dialect: dialect.capabilities.transactions and not dialect.commits_each_table,
    ),
}


def ways_of(url: URL) -> list[str]:
    """The ways that a database has."""
    dialect = dialect_for(engine_of(url))
    return [name for name, way in WAYS.items() if way.has(dialect)]


def batches(way: Way) -> Iterator[list[dict[str, Any]]]:
    """The rows of a write, batch by batch."""
    for start in range(0, len(GIVEN), BATCH):
        rows = [*way.refused, *GIVEN[start : start + BATCH]]
        yield [{"id": a, way.column: b, "p": c} for a, b, c in rows]


def write(database: Database, way: Way, key: str, *, streamed: bool) -> None:
    """The write under test: rows that come in batches, or those of a table of the same database."""
    data = batches(way) if streamed else database.table(way.source).rename({"v": way.column})
    database.write(data).save_as_table("t", mode=way.mode, run_key=key, **way.options)  # type: ignore[arg-type]


def engine_of(url: URL) -> Engine:
    """One engine for each process: what a fork inherits belongs to its parent."""
    return _engine(url, os.getpid())


@cache
def _engine(url: URL, process: int) -> Engine:
    del process
    first = connect(url).engine
    # A server ends connections; one that commits each statement keeps none, and a look at it is a statement more.
    if url.host is None or not dialect_for(first).capabilities.transactions:
        return first
    first.dispose()
    return connect(url, pool_pre_ping=True).engine


_prepared = itertools.count(1)


def prepare(url: URL, way: Way) -> None:
    """The tables as they are before a write."""
    engine = engine_of(url)
    # Each statement of a server that commits each of them costs; so few statements, and loads are kept for a while.
    keeps = not dialect_for(engine).capabilities.transactions
    number = next(_prepared)
    if keeps and way.there and number % 10:
        with suppress(DBAPIError), engine.begin() as connection:
            connection.execute(text("CREATE OR REPLACE TABLE t AS SELECT * FROM old_rows"))
            return
    with engine.begin() as connection:
        names = set(inspect(connection).get_table_names())
        sources = {"source": GIVEN, "old_rows": OLD, way.source: [*GIVEN, *way.refused * BATCHES]}
        for table, rows in sources.items():
            if table not in names:
                connection.execute(text(f"CREATE TABLE {table} ({_PLAIN})"))
                _insert(connection, table, rows)
        kept = set(_KEPT)
        kept |= {"moltres_loads"} if keeps and number % 10 else set()
        kept |= {"t"} if keeps and way.there else set()
        for name in names - kept:
            connection.execute(text(f"DROP TABLE {name}"))
        if way.there and keeps:
            connection.execute(text("CREATE OR REPLACE TABLE t AS SELECT * FROM old_rows"))
        elif way.there and way.declared is not None:
            connection.execute(text(f"CREATE TABLE t ({way.declared})"))
            _insert(connection, "t", OLD)
    if way.there and way.declared is None:
        with connect(engine) as database:
            options = {"keys": ["id"], "valid_at": _BEGUN}
            database.write(database.table("old_rows")).save_as_table("t", mode=way.mode, **options)  # type: ignore[arg-type]


def _insert(connection: Any, table: str, rows: Rows) -> None:
    values = ", ".join(str(row).replace("None", "NULL") for row in rows)
    connection.execute(text(f"INSERT INTO {table} VALUES {values}"))


def rows_and_others(url: URL, way: Way | None = None) -> tuple[Rows | None, list[str]]:
    """What a reader sees, in order, None if there is no table, and the other tables.

    Args:
        url: The database.
        way: How it was written: a history has days for its moments, and rejected rows are read, too.
    """
    engine = engine_of(url)
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names()) - _KEPT - {"moltres_loads"}
        rows = None
        if "t" in names:
            rows = [tuple(row) for row in connection.execute(text("SELECT * FROM t"))]
            if way is not None and way.declared is None:
                rows = [(*row[:3], *map(_day, row[3:])) for row in rows]
        if rows is not None and way is not None and way.refused and "t_rejects" in names:
            names.remove("t_rejects")
            for column, row in connection.execute(text("SELECT column_name, row_json FROM t_rejects")):
                rows.append(("refused", column, tuple(json.loads(row).values())))
    return None if rows is None else in_order(rows), sorted(names - {"t"})
