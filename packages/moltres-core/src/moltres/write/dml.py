"""INSERT, UPDATE and DELETE of single tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import ClauseElement, ColumnElement, Table
from sqlalchemy import delete as sql_delete
from sqlalchemy import insert as sql_insert
from sqlalchemy import update as sql_update

from .._shared.wording import repr_of
from ..errors import ColumnNotFoundError, ConfigurationError, QueryError
from ..frame.comparisons import as_columns
from ..frame.expressions import bind, names_in
from .assigned import rows_for, values_for

if TYPE_CHECKING:
    from ..frame.source import Source


def _require_changes(database: Source, table: Table, verb: str) -> None:
    if not database.dialect.capabilities.replaces_rows:
        raise ConfigurationError(
            f"The catalog of {table.name!r} ({database.dialect.connector}) cannot {verb} rows.",
            suggestion="Write to a catalog whose tables can be changed.",
        )


def _require(table: Table, names: Sequence[Any]) -> None:
    missing = [name for name in dict.fromkeys(names) if not isinstance(name, str) or name not in table.c]
    if missing:
        raise ColumnNotFoundError.of(missing, table.c.keys(), where=f"the table {table.name!r}")


def _condition(database: Source, table: Table, where: Any, verb: str) -> ColumnElement[bool]:
    if not isinstance(where, ColumnElement):
        raise ConfigurationError(
            f"{verb}(where=…) requires a condition on columns, not {repr_of(where)}.",
            suggestion=f'Use where=col("id") == 1, or where=lit(True) to {verb} every row.',
        )
    _require(table, list(names_in(where)))
    return _bound(database, table, where)  # type: ignore[no-any-return]


def _bound(database: Source, table: Table, expression: Any) -> Any:
    if not isinstance(expression, ClauseElement):
        return expression  # a value, which is held to its column
    return as_columns(bind(expression, lambda name: table.c[name]), database.dialect.capabilities)


@contextmanager
def _naming(columns: Iterable[str]) -> Iterator[None]:
    """A database seldom says for which column it refuses a value: its error gets the names of those that were given."""
    try:
        yield
    except QueryError as error:
        names = ", ".join(map(repr, dict.fromkeys(columns)))
        error.suggestion = error.suggestion or f"The values were for {names}."
        raise


def _keys(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row)


def insert(database: Source, name: str, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> int:
    """Insert rows in one transaction."""
    given: Any = rows
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping)
    every: list[Any] = list(given) if several else [given]
    wrong = [row for row in every if not isinstance(row, Mapping)]
    if wrong:
        raise ConfigurationError(
            f"insert(): rows must be dicts, not {type(wrong[0]).__name__}.",
            suggestion="Use db.write(data).save_as_table(…).",
        )
    table = database.reflect(name)
    _require(table, [key for row in every for key in row])
    if not every:
        return 0
    if not database.dialect.capabilities.transactions:
        # One statement for all rows: without transactions a later one that fails would leave the earlier rows.
        names = list(dict.fromkeys(key for row in every for key in row))
        alike = [{key: row.get(key) for key in names} for row in every]
        return database.write(alike).save_as_table(table.name, mode="append", schema=table.schema).rows_written
    with _naming(key for row in every for key in row), database.writing() as connection:
        # Rows with the same keys are inserted together: a missing key means the default of the column, not NULL.
        for keys, group in groupby(every, key=_keys):
            statement = sql_insert(table)
            if keys:
                connection.execute(statement, rows_for(database.dialect, table, keys, list(group)))
            else:
                for _ in group:
                    connection.execute(statement.values({}))
    return len(every)


def update(database: Source, name: str, values: object, where: Any) -> int:
    """Update rows in one statement."""
    if not isinstance(values, Mapping) or not values:
        raise ConfigurationError(f"update(): values must be new values by column, not {repr_of(values)}.")
    table = database.reflect(name)
    _require_changes(database, table, "update")
    condition = _condition(database, table, where, "update")
    expressions = list(values.values())
    _require(table, [*values, *names_in(expressions)])
    bound = values_for(database.dialect, table, {key: _bound(database, table, value) for key, value in values.items()})
    with _naming(values), database.writing() as connection:
        return database.dialect.update(connection, sql_update(table).where(condition).values(bound))


def delete(database: Source, name: str, where: Any) -> int:
    """Delete rows in one statement."""
    table = database.reflect(name)
    _require_changes(database, table, "delete")
    condition = _condition(database, table, where, "delete")
    with database.writing() as connection:
        return max(connection.execute(sql_delete(table).where(condition)).rowcount, 0)
