"""Rows of a target that the source of a merge no longer has: deleted, or marked as deleted."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, DateTime, and_, delete, func, or_, select, tuple_, update

from ..dialects.sql.statements import AddColumn
from ..errors import ConfigurationError, SchemaMismatchError, WriteError
from ..types.logical import logical_type
from .outcome import stays
from .target import require_ddl, table_of, temporary_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Delete, Table, Update

    from ..dialects import Dialect
    from .request import WriteRequest
    from .target import Target

DELETED_AT: Final = "deleted_at"
"""The column that says since when a row is missing in the source; NULL of those that are there."""

AT_MOST: Final = 0.1
"""The share of the rows that may go unless the caller says another."""


def require_possible(target: Target, request: WriteRequest, names: list[str]) -> None:
    """Refuse what a merge that deletes cannot do, before any work.

    Args:
        target: The table.
        request: What was asked for.
        names: The columns of the rows.

    Raises:
        ConfigurationError: If rows of other tables would go or change with those that are deleted.
        SchemaMismatchError: If the rows have the column that marks what is deleted, or the table has another of its
            name.
    """
    if request.delete_missing == "hard" and not request.cascade:
        target.require_no_delete_actions(own=True)
    if request.delete_missing != "soft":
        return
    if not target.dialect.adds_columns and (target.table is None or DELETED_AT not in target.table.c):
        raise ConfigurationError(
            f"delete_missing='soft' needs the column {DELETED_AT!r}, and {target.dialect.name} adds none to a table.",
            suggestion="Make the table with such a timestamp, or use delete_missing='hard'.",
        )
    faults = [f"column {DELETED_AT!r} is that of delete_missing='soft', and the rows have it"] * (DELETED_AT in names)
    if target.table is not None and DELETED_AT in target.table.c:
        kind = logical_type(target.table.c[DELETED_AT].type)
        faults += [f"column {DELETED_AT!r} is {kind}, not timestamp"] * (kind.name != "timestamp")
    if faults:
        raise SchemaMismatchError(
            f"The rows cannot be marked as deleted in the table {target.name!r}.",
            mismatches=faults,
            suggestion="Rename the column, or use delete_missing='hard'.",
        )


def add_mark(connection: Connection, dialect: Dialect, table: Table) -> Column[Any]:
    """Give a table the column that marks what is deleted.

    Raises:
        ConfigurationError: If the database has no timestamps.
    """
    type_ = dialect.column_type(DateTime(timezone=True)) or dialect.column_type(DateTime())
    if type_ is None:
        raise ConfigurationError(f"delete_missing='soft' is not supported for {dialect.name}: it has no timestamps.")
    column: Column[Any] = Column(DELETED_AT, type_)
    connection.execute(AddColumn(table, column))
    return column


def mark_missing(target: Target, table: Table, request: WriteRequest) -> None:
    """Give a table the column that marks what is deleted, if rows are marked and it is missing."""
    if request.delete_missing == "soft" and DELETED_AT not in table.c:
        require_ddl(target.dialect, owns_transaction=target.owns_transaction)
        table.append_column(add_mark(target.connection, target.dialect, table_of(table.name, [], table.schema)))


def remove_missing(target: Target, table: Table, staged: Table, request: WriteRequest, *, added: int = 0) -> int:
    """Delete the rows that the source no longer has, or mark them; returns their number.

    Args:
        target: The table.
        table: The same, with its columns; with the one that marks what is deleted if rows are marked.
        staged: All rows of the source, each with a key of its own.
        request: What was asked for.
        added: Rows of the table that were added before, which do not count.

    Raises:
        WriteError: If more would go than the caller allows; nothing is changed then.
    """
    if request.delete_missing is None:
        return 0
    connection, dialect = target.connection, target.dialect
    keys = list(request.keys or ())
    soft = request.delete_missing == "soft"
    there = [table.c[DELETED_AT].is_(None)] if soft else []
    missing, number = find_missing(target, table, staged, keys, there)
    require_few(connection, table, number, there, request, added=added)

    def among(other: Table) -> Any:
        return is_among(dialect, table, other, keys)

    if soft:
        moment = dt.datetime.now(dt.UTC)
        zoned = logical_type(table.c[DELETED_AT].type).zoned
        value = moment if zoned else moment.replace(tzinfo=None)
        marked, rest = table.c[DELETED_AT], target.fill.left_alone(table)
        mark = update(table).where(*there).values({**rest, marked: value})
        number = change_missing(target, mark, table, request, among=among(missing), number=number)
        connection.execute(update(table).where(among(staged), marked.is_not(None)).values({**rest, marked: None}))
    elif number:
        number = change_missing(target, delete(table), table, request, among=among(missing), number=number)
    dialect.drop(connection, missing)
    return number


def find_missing(
    target: Target, table: Table, staged: Table, keys: Sequence[str], there: Sequence[Any]
) -> tuple[Table, int]:
    """The keys of rows that the source no longer has, in a temporary table, and their number.

    Args:
        target: The table.
        table: The same, with its columns.
        staged: All rows of the source.
        keys: The columns that tell rows apart.
        there: What is true of the rows that count.
    """
    columns = [(key, table.c[key].type) for key in keys]
    same = and_(*(target.dialect.same(table.c[key], staged.c[key]) for key in keys))
    # By a join, because not every database finds what is in no row of a query without going through all of them.
    both = table.outerjoin(staged, same)
    gone = select(*(table.c[key] for key in keys)).select_from(both).where(staged.c[keys[0]].is_(None), *there)
    missing = temporary_table(columns, keys)
    return missing, target.dialect.create_as(target.connection, missing, columns, gone, temporary=True)


def change_missing(
    target: Target, change: Delete | Update, table: Table, request: WriteRequest, *, among: Any, number: int
) -> int:
    """Delete or mark the rows that the source no longer has; returns how many it were.

    Args:
        target: The table.
        change: The statement, for all that count.
        table: The table, with its columns.
        request: What was asked for.
        among: Whether the key of a row is one of those that are missing.
        number: How many are.

    Raises:
        WriteError: If others stay as they were.
    """
    found = target.connection.execute(change.where(among)).rowcount
    if found < number:  # what has no key is in no list
        without_key = or_(*(table.c[key].is_(None) for key in request.keys or ()))
        found += target.connection.execute(change.where(without_key)).rowcount
    if request.verify and found < number:
        raise stays(table.name, number - found)
    return found


def is_among(dialect: Dialect, table: Table, other: Table, keys: Sequence[str]) -> ColumnElement[bool]:
    """Whether the key of a row is in another table."""
    mine = [dialect.by_code_points(dialect.comparable(table.c[key])) for key in keys]
    left: Any = mine[0] if len(mine) == 1 else tuple_(*mine)
    found: ColumnElement[bool] = left.in_(
        select(*(dialect.by_code_points(dialect.comparable(other.c[key])) for key in keys))
    )
    return found


def require_few(
    connection: Connection, table: Table, number: int, there: Sequence[Any], request: WriteRequest, *, added: int = 0
) -> None:
    """Make sure that not more rows go than the caller allows.

    Args:
        connection: Where the table is.
        table: The table.
        number: How many would go.
        there: What is true of the rows that count.
        request: What was asked for.
        added: Rows of the table that were added before, which do not count.

    Raises:
        WriteError: If more would go.
    """
    most = AT_MOST if request.delete_at_most is None else float(request.delete_at_most)
    if not number:
        return
    every = connection.execute(select(func.count()).select_from(table).where(*there)).scalar_one() - added
    if number > most * every:
        raise WriteError(
            f"{number:,} of {every:,} rows of the table {table.name!r} are missing in the source, more than"
            f" delete_at_most={most:g} allows. Nothing was changed.",
            suggestion="Look at the source; if the rows are to go, pass a greater delete_at_most (1 allows all).",
            context={"missing": number, "rows": every},
        )
