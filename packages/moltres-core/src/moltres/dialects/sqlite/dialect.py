"""SQLite through the `sqlite3` module of Python."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4
from zlib import crc32

from sqlalchemy import Column, MetaData, Table, case, collate, func, inspect, literal, text
from sqlalchemy import types as sql
from sqlalchemy.exc import DBAPIError

from ..._shared.databases.sqlite import begin_immediate, busy_timeout
from ..._shared.fingerprints.canonical_sql import SQLiteForms
from ...errors import (
    ColumnNotFoundError,
    DatabaseAccessError,
    MoltresError,
    QueryCancelledError,
    QueryError,
    SchemaMismatchError,
    TableExistsError,
    TableNotFoundError,
    TransientQueryError,
)
from ...types.logical import is_known, logical_type
from ...types.values import shown
from ..base import INSTEAD_OF_NULL, Dialect, driver_connection
from ..base.refusals import said, without_null
from ..base.sending import typed_parameter
from ..capabilities import Capabilities
from ..rows import by_sqlalchemy, is_custom, is_stored
from ..sql.lexis import SQLITE, Lexis
from ..sql.moment_arithmetic import refusing_moment_arithmetic
from ..sql.statements import Explain
from . import values
from .casts import with_casts
from .checks import checks_of
from .increments import at_least, identity, unordered
from .landing import counted, landing
from .numbers import digits_of, with_numbers
from .same_moments import comparable, like_stored
from .types import ExactNumeric, FloatWithoutNaN, Instant, UuidText
from .values import left_alone, loses_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, Select
    from sqlalchemy.sql.selectable import SelectBase
    from sqlalchemy.types import TypeEngine

    from ..._shared.fingerprints.fingerprint import Fingerprint
    from ..._shared.statements import Clock
    from ...types.arrow import Named
    from ..base.proving import Landing
    from ..fill import Fill
    from ..rows import Reader
    from ..tally import Covered

# The progress handler is called after this many steps of the virtual machine: some ten microseconds.
_STEPS = 1000

# The low byte is the primary result code; the rest only refines it.
_PRIMARY = 0xFF
_CLASSES: dict[int, type[MoltresError]] = {
    sqlite3.SQLITE_BUSY: TransientQueryError,
    sqlite3.SQLITE_LOCKED: TransientQueryError,
    sqlite3.SQLITE_INTERRUPT: QueryCancelledError,
    sqlite3.SQLITE_PROTOCOL: TransientQueryError,
    sqlite3.SQLITE_CANTOPEN: DatabaseAccessError,
    sqlite3.SQLITE_NOTADB: DatabaseAccessError,
}
# SQLite has one code for all errors in a statement; only the message tells them apart.
_TEXTS: tuple[tuple[str, type[MoltresError]], ...] = (
    ("no such table", TableNotFoundError),
    ("no such column", ColumnNotFoundError),
    ("already exists", TableExistsError),
)


def _raw(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", driver_connection(connection))


class SQLiteDialect(Dialect):
    """SQLite: one writer at a time, DDL in transactions after an explicit BEGIN."""

    trusts_tables = True
    tells_case = False
    capabilities = Capabilities(
        transactional_ddl=True,
        statement_timeout=True,
        cancellation=True,
        concurrent_reads=False,
        full_join=False,  # that of 3.40 gives wrong rows, or an error, within a UNION ALL
        explain_analyze=False,
        nan=False,
        enforces_types=False,
        name_pattern=r"[^\0]*",
        name_rule="no NUL",
        max_set_operands=500,
    )
    canonical = SQLiteForms()
    signed_zero = False  # a whole number in a column of floats is stored as an integer
    placeholder = "?"
    identifier_quote = "`"  # in double quotes, the name of a column that is not there is a string
    keeps_watermarks = compares_rows = True

    def __init__(self) -> None:
        super().__init__("sqlite")

    def statement_compiler(self, base: type[Any]) -> type[Any]:
        """One whose casts convert whole values or fail, and whose numbers are those of other databases or none."""
        instead = "Use func.date(col(…), '+1 day'), func.datetime(…), and func.julianday(…) for differences in days."
        return refusing_moment_arithmetic(with_numbers(with_casts(base)), "SQLite", instead)

    def lexis(self, connection: Connection, sql: str) -> Lexis:  # noqa: ARG002 - it is always the same
        """Three kinds of quotes for names, no escapes in strings."""
        return SQLITE

    def parameter(self, value: Any) -> tuple[Any, TypeEngine[Any] | None]:
        """As a column that moltres makes would store it."""
        return typed_parameter(value, super().parameter(value), self.column_type)

    @contextmanager
    def _limited(self, connection: Connection, clock: Clock, seconds: float) -> Iterator[None]:
        raw = _raw(connection)
        raw.set_progress_handler(lambda: clock.elapsed() > seconds, _STEPS)
        try:
            with busy_timeout(connection, seconds):
                yield
        finally:
            raw.set_progress_handler(None, 0)

    def canceller(self, connection: Connection) -> Callable[[], None]:
        """`interrupt()` may be called from any thread."""
        return _raw(connection).interrupt

    def begin(self, connection: Connection, seconds: float | None = None) -> None:
        """A real BEGIN, which the driver alone would leave out before DDL."""
        super().begin(connection)
        begin_immediate(connection, seconds)

    def begin_together(
        self,
        connections: Sequence[Connection],
        tables: Sequence[Table],  # noqa: ARG002
        *,
        seconds: float | None,  # noqa: ARG002
    ) -> int:
        """One transaction that reads: connections cannot share one."""
        connections[0].exec_driver_sql("BEGIN")
        connections[0].exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()  # from then on it sees one state
        return 1

    def at_least(self, column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
        """As far as values of any storage class and spelling can be compared."""
        return at_least(column, value)

    def unordered(self, column: ColumnElement[Any]) -> ColumnElement[bool] | None:
        """Moments are strings."""
        return unordered(column)

    def comparable(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Moments, which are strings, in one form."""
        return comparable(value)

    def same(self, value: ColumnElement[Any], column: ColumnElement[Any]) -> ColumnElement[bool]:
        """As everywhere; moments as the column stores them."""
        return self.exactly(like_stored(value, column) == column, value, column)

    def by_code_points(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Whatever collation the column was declared with."""
        return collate(value, "BINARY") if logical_type(value.type).name in {"text", "unknown"} else value

    def identity(self, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
        """The values as literals, joined."""
        return identity(columns)

    def _classify(self, error: BaseException) -> type[MoltresError]:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if code & _PRIMARY in _CLASSES:
            return _CLASSES[code & _PRIMARY]
        if isinstance(error, sqlite3.OperationalError):
            return next((cls for text, cls in _TEXTS if text in str(error)), QueryError)
        return QueryError

    def declared(self, connection: Connection, text: str, described: list[Named]) -> list[Named]:
        """The types that the columns were declared with, as far as the query passes them on unchanged.

        The driver knows none, but a view knows where its columns come from. Without them a date would be a string.
        """
        view = f"moltres_{uuid4().hex}"
        connection.exec_driver_sql(f"CREATE TEMP VIEW {view} AS {text}")
        try:
            columns = inspect(connection).get_columns(view, schema="temp")
            table = Table(view, MetaData(), *(Column(c["name"], c["type"]) for c in columns), schema="temp")
            self.refine(connection, table)
        finally:
            connection.exec_driver_sql(f"DROP VIEW temp.{view}")
        return [(name, table.c[name].type if name in table.c else type_) for name, type_ in described]

    def reader(
        self, connection: Connection, element: ColumnElement[Any], reported: TypeEngine[Any], code: Any
    ) -> Reader | None:
        """What reads each value as its own form tells."""
        del reported
        if is_custom(element.type) or isinstance(element.type, sql.Interval):
            return by_sqlalchemy(connection, element.type, code)
        return values.reader(logical_type(element.type), None if is_stored(element) else digits_of(element))

    def column_type(self, type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
        """A type whose values come back equal or are refused one by one."""
        kind = logical_type(type_)
        match kind.name:
            case "decimal":
                return ExactNumeric(kind.precision, kind.scale)
            case "float":
                return FloatWithoutNaN()
            case "timestamp" if kind.zoned:
                return Instant()
            case "uuid":
                return UuidText()
            case "interval" | "array":
                return None
        return super().column_type(type_)

    def refused(self, error: BaseException) -> SchemaMismatchError | None:
        """As everywhere; what SQLite repeats of a path has its quotes doubled."""
        original = error.orig if isinstance(error, DBAPIError) else error
        return super().refused(sqlite3.Error(str(original).replace("''", "'")))

    def uncut(
        self, value: ColumnElement[Any], source: TypeEngine[Any], column: Named, *, computed: bool
    ) -> ColumnElement[Any]:
        """A value that the column keeps as one of its type: no type binds what an expression gives."""
        name, target = column
        same = logical_type(source).name == logical_type(target).name
        if same and not computed:
            return value  # of another column, which has the same affinity
        wrong = values.misplaced(value, logical_type(target))
        if wrong is None:
            return value
        before, after = said(name)
        # A path that is none is an error which repeats it.
        path = literal(before, sql.String()) + func.quote(value) + literal(after, sql.String())
        return case((wrong, func.json_extract("{}", path)), else_=value)

    def refusal(self, type_: TypeEngine[Any], values: Sequence[Any]) -> str | None:
        """As everywhere; a column without a type holds numbers, strings and bytes, and would make these of all else."""
        if isinstance(type_, sql.NullType):
            found = next((value for value in values if not _is_storable(value)), None)
            return None if found is None else f"{shown(found)} is no number, text or bytes, and the column has no type"
        if isinstance(type_, sql.JSON):
            found = next((value for value in values if loses_digits(value)), None)
            if found is not None:
                return f"{shown(found)} is a number with more digits than SQLite keeps in a column of JSON"
        return super().refusal(type_, values)

    def kept(self, connection: Connection, type_: TypeEngine[Any], values: Sequence[Any]) -> Sequence[Any] | None:
        """Those of the type in its form, others as they are if the affinity of the column leaves them alone."""
        declared = type_.compile(connection.dialect) if is_known(type_) else ""
        stored: list[Any] = []
        for value in values:
            try:
                (own,) = self._stored_column(connection, type_, [value])
            except (ValueError, TypeError):
                if (own := left_alone(value, declared)) is None:
                    return None
            stored.append(bytes(own) if isinstance(own, memoryview) else own)
        return stored

    def spelled(self, connection: Connection, table: str, schema: str | None) -> str:
        """As it was written when the table was made: its names have no case."""
        catalog = f"{connection.dialect.identifier_preparer.quote_identifier(schema or 'main')}.sqlite_master"
        asked = text(f"SELECT name FROM {catalog} WHERE type = 'table' AND name = :name COLLATE NOCASE")  # noqa: S608 - quoted
        return connection.execute(asked, {"name": table}).scalar() or table

    def fill(self, connection: Connection, table: Table, described: Sequence[Any]) -> Fill:
        """Also the one INTEGER PRIMARY KEY, which is the row's own number."""
        found = super().fill(connection, table, described)
        return replace(found, optional=found.optional | table.info[INSTEAD_OF_NULL])

    def instead_of_null(self, connection: Connection, table: Table, described: Sequence[Any]) -> frozenset[str]:
        """The one INTEGER PRIMARY KEY, which is the row's own number: it alone has no index."""
        del described
        place = (table.name, table.schema or "main")
        return frozenset(connection.exec_driver_sql(_ROW_NUMBER, (*place, *place)).scalars())

    def not_null(self, value: ColumnElement[Any], name: str) -> ColumnElement[Any]:
        """A path that is none is an error which repeats it."""
        path = literal(without_null(name), sql.String())
        return case((value.is_(None), func.json_extract("{}", path)), else_=value)

    def checks(self, connection: Connection, table: Table) -> list[tuple[str | None, str]]:
        """As the statement that made the table has them: SQLite has no catalog of them."""
        schema = connection.dialect.identifier_preparer.quote(table.schema or "main")
        statement = connection.exec_driver_sql(
            f"SELECT sql FROM {schema}.sqlite_master WHERE type = 'table' AND name = ?",  # noqa: S608 - quoted
            (table.name,),
        ).scalar()
        return checks_of(statement or "")

    def delete_actions(self, connection: Connection, table: Table, *, own: bool) -> list[str]:
        """None while the connection does not enforce foreign keys; names are the same in any case of their letters."""
        if not connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
            return []
        schema = connection.dialect.identifier_preparer.quote(table.schema or "main")
        rows = connection.exec_driver_sql(_DELETE_ACTIONS.format(schema), (table.schema or "main", table.name, own))
        return [f"{child} (ON DELETE {action})" for child, action in rows]

    def refine(self, connection: Connection, table: Table) -> None:
        """Put our types where SQLAlchemy reads floats from decimals, or knows nothing of the declared type."""
        for row in connection.exec_driver_sql(_TABLE_INFO, (table.name, table.schema or "main")):
            column = table.columns.get(row.name)
            if column is None:
                continue
            declared = row.type.upper()
            if declared in _DECLARED:
                column.type = _DECLARED[declared]()
            elif declared.startswith(("NUM", "DEC")):
                kind = logical_type(column.type)
                column.type = ExactNumeric(kind.precision, kind.scale)
            elif logical_type(column.type).name == "float":
                column.type = FloatWithoutNaN()  # a REAL has 64 bits here
            elif isinstance(column.type, sql.Integer):
                column.type = sql.BigInteger()  # whatever it is declared as, SQLite's integers have 64 bits

    def create_as(
        self,
        connection: Connection,
        table: Table,
        columns: Sequence[Named],
        query: SelectBase,
        *,
        temporary: bool = False,
    ) -> int:
        """Declare the types first: CREATE TABLE AS would leave no more of them than their affinity."""
        declared = [(name, _Undeclared() if isinstance(type_, sql.NullType) else type_) for name, type_ in columns]
        return self.create_declared(connection, table, declared, query, temporary=temporary)

    def unproved(self, connection: Connection) -> str | None:
        """Nothing: what it has no function for is counted here."""
        del connection
        return None

    def counted(
        self, connection: Connection, rows: FromClause, columns: Sequence[Covered], *where: ColumnElement[bool]
    ) -> Fingerprint | None:
        """The fingerprint of rows that are read as they are stored, and counted in this process."""
        return counted(connection, rows, columns, where)

    def landing(self, connection: Connection, table: Table, columns: Sequence[Covered]) -> Landing | str:
        """The rows with new numbers."""
        return landing(self, connection, table, columns)

    def fingerprint(self, connection: Connection, table: Table) -> str | None:
        """The sum of the checksums of its rows, made here: SQLite has none, and the rows are in this process anyway."""
        name = connection.dialect.identifier_preparer.format_table(table)
        rows = _raw(connection).execute(f"SELECT * FROM {name}")  # noqa: S608 - quoted
        return str(sum(crc32(repr(row).encode("utf-8", "surrogatepass")) for row in rows))

    def explain(self, connection: Connection, query: Select[Any], *, analyze: bool) -> str:
        """EXPLAIN QUERY PLAN, with steps indented below the step they belong to."""
        if analyze:
            return super().explain(connection, query, analyze=analyze)
        depth = {0: 0}
        lines = []
        for node, parent, _, detail in connection.execute(Explain(query, "EXPLAIN QUERY PLAN")):
            depth[node] = depth.get(parent, 0) + 1
            lines.append(f"{'  ' * (depth[node] - 1)}{detail}")
        return "\n".join(lines)

    def replace(self, connection: Connection, old: Table, new: Table) -> None:
        """Drop and rename, without the check that every view finds its tables at each moment."""
        connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
        try:
            super().replace(connection, old, new)
        finally:
            connection.exec_driver_sql("PRAGMA legacy_alter_table=OFF")


def _is_storable(value: Any) -> bool:
    if type(value) is int:
        return -(2**63) <= value < 2**63
    return value is None or type(value) in {str, bytes} or (type(value) is float and not isnan(value))


_TABLE_INFO = "SELECT name, type FROM pragma_table_xinfo(?, ?)"
_DELETE_ACTIONS = (
    "SELECT DISTINCT child.name, key.on_delete FROM {}.sqlite_master child, pragma_foreign_key_list(child.name, ?) key"
    " WHERE lower(key.\"table\") = lower(?) AND key.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT')"
    ' AND (? OR lower(child.name) <> lower(key."table")) ORDER BY 1, 2'
)
_ROW_NUMBER = (
    "SELECT name FROM pragma_table_xinfo(?, ?) WHERE pk > 0"
    " AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?, ?) WHERE origin = 'pk')"
)
_DECLARED: dict[str, type[sql.TypeEngine[Any]]] = {Instant.spec: Instant, UuidText.spec: UuidText}


class _Undeclared(sql.UserDefinedType[Any]):
    """No type: values keep whatever storage class they have."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return ""
