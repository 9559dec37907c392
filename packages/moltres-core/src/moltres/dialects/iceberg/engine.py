"""SQLAlchemy's dialect for writing: statements change what the session holds, and commits publish it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Column, Connection, MetaData, String, Table, event, select, text, true
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import Delete, Update
from sqlalchemy.sql.elements import ColumnClause

from ..._shared import iceberg_dialect
from ..._shared.iceberg_scan import FILE
from ..._shared.iceberg_session import files_used
from ..._shared.iceberg_types import quoted
from ...errors import problems_translated
from .pending import OWN
from .session import WritingSession

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from .pending import Pending


class WritingDialect(iceberg_dialect.IcebergDialect):
    """A catalog that is written."""

    supports_statement_cache = True
    core = "moltres-core"
    session_class = WritingSession

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """UPDATE and DELETE are changed before they are compiled."""
        super().engine_created(engine)
        event.listen(engine, "before_execute", _before, retval=True)

    def create_connect_args(self, url: URL) -> Any:
        """The URL says where the catalog is."""
        with problems_translated():
            return super().create_connect_args(url)

    def _prepared(self, statement: str, context: Any) -> str:
        return cast("WritingSession", self._session_in(context)).prepare(statement)

    def _executed(self, context: Any) -> None:
        cast("WritingSession", self._session_in(context)).executed()


def make_engine(given: URL | Any, **options: Any) -> Engine:
    """An engine for a catalog; see `iceberg_dialect.make_engine`."""
    return iceberg_dialect.make_engine(given, WritingDialect, **options)


def session_of(connection: Connection) -> WritingSession:
    """The session of a connection."""
    return cast("WritingSession", iceberg_dialect.session_of(connection))


def _before(connection: Connection, element: Any, many: Any, single: Any, options: Any) -> Any:
    """UPDATE and DELETE of a table of the catalog change only the files with such rows."""
    del options
    if isinstance(element, Update | Delete) and isinstance(element.table, Table):
        session = session_of(connection)
        table = element.table
        place = session.place(full_name(table))
        if place is not None and table.schema != OWN:
            with files_used():
                element = _redirected(connection, session.change(*place), element)
                session.refresh(*place)
    return element, many, single


def full_name(table: Table) -> str:
    """The name of a table with its namespace, in quotes."""
    schema = "" if table.schema is None else ".".join(quoted(part) for part in table.schema.split(".")) + "."
    return schema + quoted(table.name)


def _redirected(connection: Connection, pending: Pending, element: Update | Delete) -> Any:
    """The statement on the rows in DuckDB, after the rows of all files that it changes were moved there."""
    criteria = element._where_criteria  # noqa: SLF001 - SQLAlchemy has no other way to read it
    if isinstance(element, Delete) and not criteria:
        pending.clear()
    else:
        pending.pull(_files_of(connection, pending, element))
    own = pending.make_own()
    name = own.partition(".")[2][1:-1].replace('""', '"')
    table = cast("Table", element.table)
    moved = Table(name, table.metadata, *(column._copy() for column in table.columns), schema=OWN)  # noqa: SLF001
    try:
        return _replaced(element, table, moved)
    finally:
        table.metadata.remove(moved)


def _replaced(statement: Any, table: Table, by: Any) -> Any:
    def replace(element: Any, **_: Any) -> Any:
        if element is table:
            return by
        if isinstance(element, ColumnClause) and element.table is table:
            return by.c[element.key]
        return None

    made: Any = visitors.replacement_traverse(statement, {}, replace)
    return made


def _files_of(connection: Connection, pending: Pending, element: Update | Delete) -> list[str]:
    """The files with rows that a statement changes."""
    table = cast("Table", element.table)
    columns = [column._copy() for column in table.columns]  # noqa: SLF001
    files = Table("moltres_files", MetaData(), *columns, Column(FILE, String))
    raw: Any = connection.connection.dbapi_connection
    raw.execute(f"CREATE OR REPLACE TEMP VIEW moltres_files AS {pending.query(file=True)}")
    conditions = [_replaced(one, table, files) for one in element._where_criteria]  # noqa: SLF001
    statement = select(files.c[FILE]).distinct().where(*(conditions or [true()]))
    found = [path for (path,) in connection.execute(statement).all()]
    connection.execute(text("DROP VIEW moltres_files"))
    return found
