"""Columns of the rows that the target does not have, or has in a narrower type: added, widened, or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, literal, select
from sqlalchemy.exc import DBAPIError

from ..dialects.sql.statements import AddColumn
from ..errors import ConfigurationError, QueryError, SchemaMismatchError
from ..types.logical import LogicalType, logical_type
from .target import require_ddl, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table
    from sqlalchemy.types import TypeEngine

    from .inputs import Local, Streamed
    from .request import WriteRequest
    from .target import Target


def evolved(target: Target, rows: Local | Streamed, request: WriteRequest) -> tuple[Local | Streamed, list[str]]:
    """Rows and a table that fit each other.

    Args:
        target: The table; the columns that it gets are added to what is known of it.
        rows: The rows.
        request: What was asked for.

    Returns:
        The rows, without the columns that are left out, and a phrase for each change.

    Raises:
        SchemaMismatchError: If the database has no type for a new column.
    """
    table, given = target.table, rows.columns or []
    if table is None or request.on_schema_change == "fail":
        return rows, []
    new = [(name, type_) for name, type_ in given if name not in table.c and name not in target.fill.generated]
    if request.on_schema_change == "ignore":
        if not new:
            return rows, []
        names = [name for name, _ in new]
        return rows.without(names), [f"column {name!r} of the rows was left out" for name in names]
    if new and not target.dialect.adds_columns:
        raise ConfigurationError(
            f"{target.dialect.name} cannot add columns to a table here: on_schema_change='append_new_columns' is not"
            " supported.",
            suggestion="Use mode='overwrite', or on_schema_change='ignore'.",
        )
    changes = [*_changes(target, table, new, given)]
    return rows, _alter(target, table, changes) if changes else []


Change = tuple["Column[Any]", str, bool]


def _changes(
    target: Target, table: Table, new: list[tuple[str, TypeEngine[Any]]], given: list[tuple[str, TypeEngine[Any]]]
) -> Iterator[Change]:
    """Each column that is added or widened, with what is said of it, and whether it is new."""
    dialect = target.dialect
    made = [(name, type_, dialect.column_type(type_)) for name, type_ in new]
    faults = [f"column {name!r} is {logical_type(type_)}" for name, type_, kept in made if kept is None]
    if faults:
        raise SchemaMismatchError(f"{dialect.name} has no type that keeps these values.", mismatches=faults)
    for name, type_, kept in made:
        if kept is not None:
            yield Column(name, kept), f"column {name!r} was added ({logical_type(type_)})", True
    if not dialect.widens_types:
        return
    for name, type_ in given:
        wide = None if name not in table.c else _wider(target, table.c[name].type, type_)
        if wide is not None:
            before = logical_type(table.c[name].type)
            yield (
                Column(name, wide),
                f"column {name!r} was widened ({_shown(before)} to {_shown(logical_type(wide))})",
                False,
            )


def _wider(target: Target, held: TypeEngine[Any], given: TypeEngine[Any]) -> TypeEngine[Any] | None:
    """The type that a column needs to hold what it holds and what is given; None if it needs no other."""
    one, other = logical_type(held), logical_type(given)
    if one.name != other.name or one.padded or one.native:
        return None
    wide = target.dialect.widened(held, given)
    return wide if wide is not None and _narrower(one, other) and _narrower(one, logical_type(wide)) else None


def _narrower(one: LogicalType, other: LogicalType) -> bool:
    """Whether a type holds less than another of its family, which holds all that it does."""
    if one.name == "integer":
        return (one.bits or 64) < (other.bits or 64)
    if one.name == "text":
        return one.length is not None and (other.length is None or other.length > one.length)
    if one.name != "decimal" or one.scale is None:
        return False
    if other.scale is None:
        return True
    whole = (one.precision or 0) - one.scale, (other.precision or 0) - other.scale
    return whole[0] <= whole[1] and one.scale <= other.scale and (whole[0] < whole[1] or one.scale < other.scale)


def _shown(kind: LogicalType) -> str:
    return str(kind) if kind.name != "text" else f"text of {'any' if kind.length is None else kind.length} length"


def _alter(target: Target, table: Table, changes: list[Change]) -> list[str]:
    """Change the columns; returns what is said of each that was changed.

    A column whose type the database does not change, because a view, a key or a generated column has it, stays: each
    value that does not fit is refused.

    Raises:
        ConfigurationError: If the database refuses the change, and with it the transaction.
    """
    connection, dialect = target.connection, target.dialect
    require_ddl(dialect, owns_transaction=target.owns_transaction)
    bare = table_of(table.name, [], table.schema)
    said = []
    for column, phrase, new in changes:
        if new:
            connection.execute(AddColumn(bare, column))
            table.append_column(column)
        elif _is_widened(target, bare, column):
            table.c[column.name].type = column.type
        else:
            continue
        said.append(phrase)
    if not dialect.capabilities.transactional_ddl:
        dialect.lock(connection, table)  # the change of the table has ended the transaction that held it
    return said


def _is_widened(target: Target, table: Table, column: Column[Any]) -> bool:
    """Widen a column, unless the database refuses that."""
    connection, dialect = target.connection, target.dialect
    within = dialect.capabilities.savepoints and dialect.capabilities.transactional_ddl
    savepoint = connection.begin_nested() if within else None
    try:
        dialect.widen(connection, table, column)
    except DBAPIError as error:
        if dialect.classify(error) is not QueryError:
            raise
        if savepoint is not None:
            savepoint.rollback()
        elif _is_over(target):
            raise ConfigurationError(
                f"The column {column.name!r} cannot be widened: {error.orig}",
                suggestion="Cast the column of the rows to the type of the table, or change the table before the load.",
            ) from error
        return False
    if savepoint is not None:
        savepoint.commit()
    return True


def _is_over(target: Target) -> bool:
    """Whether an error has ended the transaction."""
    try:
        target.connection.execute(select(literal(1)))
    except DBAPIError:
        return True
    return False
