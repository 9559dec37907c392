"""UPDATE and DELETE: the files with rows that change are written anew as they are read, so that no rows are held.

Where a row of the table can match several rows of another one, the rows of these files move into DuckDB instead, which
runs the statement there.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    Alias,
    Column,
    Join,
    MetaData,
    Select,
    String,
    Table,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    select,
    text,
    true,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import Delete, Update
from sqlalchemy.sql.elements import ClauseElement, ColumnClause
from sqlalchemy.types import UserDefinedType

from ..._shared.iceberg.scan import FILE
from ..._shared.iceberg.types import duckdb_type
from ..duckdb.batches import arrow_batches
from .pending import BATCH_ROWS, NO_ROWS, OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.sql.selectable import FromClause

    from .pending import Pending, Touched

_CHANGES = "moltres_changes"
"""The column that says whether a row is changed."""


class _Stored(UserDefinedType[Any]):
    """A type of DuckDB as it is written."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: Any) -> str:
        return self.text


def rewrite(
    connection: Connection, pending: Pending, element: Update | Delete, *, given: bool
) -> tuple[Any, int | None]:
    """Change the rows of a pending table.

    Args:
        connection: The connection.
        pending: The table, all rows of which are in files, and a view of which has its name.
        element: The statement.
        given: Whether the statement has further values that are not part of it.

    Returns:
        The statement that is left to run, and the number of rows that are changed already; None if it changes them.
    """
    criteria = element._where_criteria  # noqa: SLF001 - SQLAlchemy has no other way to read it
    table = cast("Table", element.table)
    if isinstance(element, Delete) and not (criteria or given or element._returning):  # noqa: SLF001
        return text(NO_ROWS), pending.clear()
    if given or element._returning:  # noqa: SLF001
        pending.pull(None)
        return _on_own(pending, element), None
    columns = [column._copy() for column in table.columns]  # noqa: SLF001
    files = Table("moltres_files", MetaData(), *columns)
    touched = pending.touched(_paths(connection, pending, table, criteria))
    if not touched:
        return text(NO_ROWS), 0
    _view(connection, pending.query_of(touched))
    changed = _streamed(connection, pending, element, touched, files)
    if changed is not None:
        return text(NO_ROWS), changed
    pending.pull(touched)
    return _on_own(pending, element), None


def _streamed(
    connection: Connection, pending: Pending, element: Update | Delete, touched: Touched, files: Table
) -> int | None:
    """Change the rows of files as they are read; returns how many change, None if it cannot be done so."""
    rows: int = connection.execute(select(func.count()).select_from(files)).scalar_one()
    changing = _Changing(cast("Table", element.table), files, element._where_criteria)  # noqa: SLF001
    if isinstance(element, Delete):
        kept = _Batches(connection, changing.kept())
        pending.put_in_place(touched, kept)
        return rows - kept.rows
    statement = changing.changed(pending, element)
    if statement is None:
        return None
    new = _Batches(connection, statement)
    # Other rows than there were: one matches several, of which DuckDB takes one.
    return new.changed if pending.put_in_place(touched, new, lambda: new.rows == rows) else None


class _Batches:
    """The rows of a query in batches, and what was counted of them.

    Attributes:
        rows: The rows so far.
        changed: Those that are changed, where a column says so.
    """

    def __init__(self, connection: Connection, statement: Select[Any]) -> None:
        self._connection = connection
        self._statement = statement
        self.rows = self.changed = 0

    def __iter__(self) -> Iterator[Any]:
        import pyarrow.compute as pc

        with closing(arrow_batches(self._connection, self._statement, BATCH_ROWS)) as batches:
            for batch in batches:
                self.rows += batch.num_rows
                if _CHANGES not in batch.schema.names:
                    yield batch
                    continue
                self.changed += pc.sum(batch.column(_CHANGES)).as_py() or 0
                yield batch.drop_columns([_CHANGES])


class _Changing:
    """How the rows of files are read with the changes of a statement.

    Args:
        table: The table of the statement.
        files: The rows of the files that it changes.
        criteria: Its conditions.
    """

    def __init__(self, table: Table, files: Table, criteria: Sequence[ColumnElement[bool]]) -> None:
        self._table = table
        self._files = files
        self._criteria = criteria

    def _others(self, conditions: Sequence[Any], values: Sequence[Any] = ()) -> list[FromClause]:
        """What the conditions and values name besides the table."""
        named = select(literal(1), *values).select_from(self._files).where(*conditions).get_final_froms()
        return [one for one in named if one is not self._files]

    def kept(self) -> Select[Any]:
        """The rows that a DELETE leaves."""
        conditions = [_replaced(one, self._table, self._files) for one in self._criteria]
        others = self._others(conditions)
        if others:
            found = select(literal(1)).select_from(*others).where(*conditions).correlate(self._files)
            return select(*self._files.columns).where(~exists(found))
        return select(*self._files.columns).where(and_(true(), *conditions).is_not(true()))

    def changed(self, pending: Pending, element: Update) -> Select[Any] | None:
        """All rows, with the new values of an UPDATE; None if it cannot be said as a query."""
        given: Any = element._values  # noqa: SLF001 - no other way to read them
        if not given or element._multi_values:  # noqa: SLF001
            return None
        columns = {key if isinstance(key, str) else key.key: value for key, value in given.items()}
        values = {name: _expression(value, self._table.c[name]) for name, value in columns.items()}
        conditions = [_replaced(one, self._table, self._files) for one in self._criteria]
        new = {name: _replaced(one, self._table, self._files) for name, one in values.items()}
        others = self._others(conditions, list(new.values()))
        types = {one.name: _Stored(duckdb_type(one.field_type)) for one in pending.plan.schema.fields}
        names = [one.key for one in self._files.columns]
        if not others:
            hit: ColumnElement[bool] = func.coalesce(and_(true(), *conditions), false())
            rows = select(*self._files.columns, hit.label(_CHANGES)).subquery("moltres_marked")
            of_rows = {name: _replaced(one, self._table, rows) for name, one in values.items()}
            return _with_values(rows, rows.c[_CHANGES], of_rows, types, names)
        if len(others) > 1:
            return None
        other, match = others[0], select(*others[0].c, true().label(_CHANGES)).subquery("moltres_match")
        moved = [_replaced(one, other, match) for one in conditions]
        joined = [one for one in moved if _names(one, match)]
        if not joined:
            return None
        hit = func.coalesce(and_(match.c[_CHANGES], *(one for one in moved if not _names(one, match))), false())
        of_match = {name: _replaced(one, other, match) for name, one in new.items()}
        statement = _with_values(self._files, hit, of_match, types, names)
        return statement.select_from(self._files.outerjoin(match, and_(*joined)))


def _names(condition: ColumnElement[bool], table: FromClause) -> bool:
    return table in condition._from_objects  # noqa: SLF001 - SQLAlchemy has no other way to ask


def _with_values(
    rows: FromClause, hit: ColumnElement[bool], new: dict[str, Any], types: dict[str, _Stored], names: Sequence[str]
) -> Select[Any]:
    columns = [
        case((hit, sql_cast(new[name], types[rows.c[name].name])), else_=rows.c[name]).label(rows.c[name].name)
        if name in new
        else rows.c[name]
        for name in names
    ]
    return select(*columns, hit.label(_CHANGES))


def _expression(value: Any, column: ColumnElement[Any]) -> Any:
    return value if isinstance(value, ClauseElement) else bindparam(None, value, type_=column.type, unique=True)


def _view(connection: Connection, query: str) -> None:
    raw: Any = connection.connection.dbapi_connection
    raw.execute(f"CREATE OR REPLACE TEMP VIEW moltres_files AS {query}")


def _paths(
    connection: Connection, pending: Pending, table: Table, criteria: Sequence[ColumnElement[bool]]
) -> list[str] | None:
    """The files with rows that a statement changes; None for all."""
    if not criteria:
        return None
    columns = [column._copy() for column in table.columns]  # noqa: SLF001
    files = Table("moltres_files", MetaData(), *columns, Column(FILE, String))
    _view(connection, pending.query(file=True))
    conditions = [_replaced(one, table, files) for one in criteria]
    return list(connection.execute(select(files.c[FILE]).distinct().where(*conditions)).scalars())


def _on_own(pending: Pending, element: Update | Delete) -> Any:
    """The statement on the rows in DuckDB."""
    own = pending.make_own()
    name = own.partition(".")[2][1:-1].replace('""', '"')
    table = cast("Table", element.table)
    moved = Table(name, table.metadata, *(column._copy() for column in table.columns), schema=OWN)  # noqa: SLF001
    try:
        return _replaced(element, table, moved)
    finally:
        table.metadata.remove(moved)


def _replaced(statement: Any, table: FromClause, by: Any) -> Any:
    """A statement with another table in the place of one; queries within it that read the table for themselves stay."""

    def replace(element: Any, **_: Any) -> Any:
        if element is table:
            return by
        if isinstance(element, ColumnClause) and element.table is table:
            return by.c[element.key]
        if isinstance(element, Alias) and element is not table and element.is_derived_from(table):
            return element
        if isinstance(element, Select) and element is not statement and _reads(element, table):
            return element
        return None

    made: Any = visitors.replacement_traverse(statement, {}, replace)
    return made


def _reads(query: Select[Any], table: FromClause) -> bool:
    """Whether a query within a statement reads the table itself, and not the row of it that the statement is at."""
    froms = query.get_final_froms()
    return froms == [table] or any(isinstance(one, Join) and one.is_derived_from(table) for one in froms)


__all__ = ["rewrite"]
