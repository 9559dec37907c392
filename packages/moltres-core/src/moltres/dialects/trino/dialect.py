"""Trino: ``trino://user@host:port/catalog/schema``."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

from sqlalchemy import Numeric, and_, func, literal, literal_column, select, text
from sqlalchemy import cast as sql_cast
from sqlalchemy import types as sql
from sqlalchemy.exc import NoSuchTableError

from ..._shared.databases.trino_literals import literal as literal_of
from ..._shared.fingerprints.canonical_sql import TrinoForms
from ..._shared.statements import driver_connection
from ...errors import ConfigurationError, MoltresError
from ...types.arrow import to_rows
from ...types.logical import LogicalType, logical_type
from ..base import Dialect, named
from ..base.refusals import said
from ..base.sending import typed_parameter
from ..capabilities import Capabilities
from ..rows import by_sqlalchemy, is_custom, selects_all
from ..sql.compiling import written_out
from ..sql.inner_order import BY_OFFSET, kept, kept_of
from ..sql.lexis import TRINO
from ..sql.statements import CreateTableAs
from . import types
from .commits import Commits
from .compiler import corrected
from .errors import classify, is_of_driver
from .watch import watch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection, Engine, FromClause, Select, Subquery, Table
    from sqlalchemy.sql.selectable import SelectBase
    from sqlalchemy.types import TypeEngine

    from ..._shared.fingerprints.fingerprint import Fingerprint
    from ..._shared.statements import Clock
    from ...types.arrow import Batch, Named
    from ..rows import Reader
    from ..sql.lexis import Lexis, Token
    from ..tally import Covered

_ICEBERG = Capabilities(
    transactions=False,
    savepoints=False,
    constraints=False,
    keeps_case=False,
    statement_timeout=True,
    cancellation=True,
    arrays=True,
    binds_types=True,
    untyped_literals=False,
    max_identifier_bytes=200,
)
_OTHERS = replace(_ICEBERG, replaces_rows=False, run_keys=False)

_COLUMNS = text(
    "SELECT column_name AS name, data_type AS type, upper(is_nullable) = 'YES' AS nullable, column_default AS default"
    " FROM information_schema.columns WHERE table_schema = :schema AND table_name = :table ORDER BY ordinal_position"
)

_TABLES = text(
    "SELECT table_name, table_type = 'VIEW' FROM information_schema.tables WHERE table_schema = :schema ORDER BY 1"
)


class TrinoDialect(Commits, Dialect):
    """Trino: each statement is a commit of its own; what it can change is for the connector of the catalog to say.

    Args:
        connector: What serves the catalog; only with Iceberg can rows be replaced.
    """

    differs = True
    columns_tell = True
    canonical = TrinoForms()

    def __init__(self, connector: str = "iceberg") -> None:
        super().__init__("trino", _ICEBERG if connector == "iceberg" else _OTHERS)
        self.connector = connector

    def of(self, engine: Engine, connected: Callable[[], AbstractContextManager[Connection]]) -> Self:
        """The dialect for the catalog of an engine, whose connector is asked for once."""
        known = _dialects.get(engine)
        if known is None:
            with connected() as connection:
                known = _dialects[engine] = type(self)(_connector(connection))
        return known  # type: ignore[return-value]  # the dictionary holds this class

    def is_driver_error(self, error: BaseException) -> bool:
        """Also those that are not of DB-API: of an answer over HTTP, or of a URL that names no schema."""
        return is_of_driver(error) or isinstance(error, NoSuchTableError)

    def statement_compiler(self, base: type[Any]) -> type[Any]:
        """One that writes what Trino takes, and whose variances are right or fail."""
        return corrected(base)

    def written(self, value: Any) -> str | None:
        """With its type, as the driver sends it: Trino compares no string with a date."""
        try:
            return None if isinstance(value, dt.timedelta) else literal_of(value)  # an interval has milliseconds
        except NotImplementedError:
            return None

    def lexis(self, connection: Connection, sql: str) -> Lexis:  # noqa: ARG002 - it is always the same
        """That of the standard."""
        return TRINO

    def in_its_order(self, tokens: Sequence[Token]) -> Sequence[Token]:
        """With an OFFSET that leaves nothing out: without one Trino leaves the ORDER BY of a subquery out."""
        return kept(tokens, BY_OFFSET)

    def ordered(self, statement: SelectBase, lexis: Callable[[str], Lexis]) -> SelectBase:
        """The same of a statement of SQLAlchemy."""
        return kept_of(statement, BY_OFFSET, lexis)

    def parameter(self, value: Any) -> tuple[Any, TypeEngine[Any] | None]:
        """As a column that moltres makes would store it."""
        return typed_parameter(value, super().parameter(value), self.column_type)

    # -- running

    def explain(self, connection: Connection, query: Select[Any], *, analyze: bool) -> str:
        """With the values in the statement: EXPLAIN takes no parameters, EXPLAIN ANALYZE does."""
        if analyze:
            return super().explain(connection, query, analyze=analyze)
        found = connection.exec_driver_sql(f"EXPLAIN {written_out(query, connection.dialect)}")
        return str(found.scalar_one())

    @contextmanager
    def _limited(self, connection: Connection, clock: Clock, seconds: float) -> Iterator[None]:
        # A limit of the session would also count how long the caller works on rows that were read.
        with watch_of(connection).limited(clock, seconds, partial(_kill, connection)):
            yield

    def canceller(self, connection: Connection) -> Callable[[], None]:
        """The query is killed on another connection; the driver's own way would end like a query without rows."""
        watch = watch_of(connection)
        watch.renew()

        def cancel() -> None:
            query = watch.cancel()
            if query is not None:
                _kill(connection, query)

        return cancel

    def _classify(self, error: BaseException) -> type[MoltresError]:
        return classify(error)

    # -- types

    def column_type(self, type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
        """Microseconds, strings of any length; no JSON, intervals or arrays of arrays."""
        return types.column_type(type_, super().column_type)

    def held(self, type_: TypeEngine[Any]) -> LogicalType:
        """As the type says: what is too long is cut without an error if only blanks are lost, and CHAR is filled up."""
        return logical_type(type_)

    def refusal(self, type_: TypeEngine[Any], values: Sequence[Any]) -> str | None:
        """As everywhere, and rows and maps come from Trino alone: JSON has no NULL, date or bytes that is theirs."""
        if isinstance(type_, types.Nested):
            return "a ROW or MAP takes values of the same database only; leave the column out"
        return super().refusal(type_, values)

    def too_long(self, value: ColumnElement[Any], column: Named, length: int) -> ColumnElement[Any]:
        """An error with the column and the value."""
        del length
        before, after = said(column[0])
        message = func.concat(literal(before), literal("'"), sql_cast(value, sql.Text()), literal("'"), literal(after))
        return func.fail(message, type_=value.type)  # no cast: beside a string a CHAR would be filled up further

    def reported(self, connection: Connection, cursor: Any) -> list[TypeEngine[Any]]:
        """What Trino says of its results."""
        del connection
        return [types.parsed(entry[1]) for entry in cursor.description]

    def describe(self, connection: Connection, query: Select[Any]) -> list[Named]:
        """What Trino says of the result: its types are exact, those of SQLAlchemy are a guess for what is computed."""
        result: Any = connection.execute(query.limit(0))
        told = self.reported(connection, result.cursor)
        names = [entry[0] for entry in result.cursor.description]
        result.close()
        if not selects_all(query):
            names = [name for name, _ in super().describe(connection, query)]
        return list(zip(names, told, strict=True))

    def reader(
        self,
        connection: Connection,
        element: ColumnElement[Any],
        reported: TypeEngine[Any],  # noqa: ARG002 - the code says more
        code: Any,
    ) -> Reader | None:
        """The driver gives Python's values; what it would round is refused."""
        if is_custom(element.type):
            return by_sqlalchemy(connection, element.type, code)
        return types.reader(str(code))

    # -- tables

    def listed(self, connection: Connection, schema: str | None) -> Mapping[str, bool] | None:
        """As the information schema says; each statement about it takes as long as any other."""
        place = schema or driver_connection(connection).schema
        if place is None:
            return None
        return {str(name): bool(view) for name, view in connection.execute(_TABLES, {"schema": place})}

    def columns_of(self, connection: Connection, table: str, schema: str | None) -> Sequence[Any]:
        """With the types as Trino spells them."""
        place = schema or driver_connection(connection).schema
        rows = connection.execute(_COLUMNS, {"schema": place, "table": table}).mappings()
        return [{**row, "type": types.parsed(row["type"]), "comment": None} for row in rows]

    def create_as(
        self,
        connection: Connection,
        table: Table,
        columns: Sequence[Named],
        query: SelectBase,
        *,
        temporary: bool = False,
    ) -> int:
        """In one statement, which is one commit; with types that the catalog keeps as they are."""
        if temporary:
            raise ConfigurationError("trino has no temporary tables.")
        statement = CreateTableAs(table, self.fitted(columns, query))
        with self.unchanged(connection, query):
            result = connection.execute(statement, execution_options={"preserve_rowcount": True})
        return result.rowcount

    # -- rows

    def agrees(self, rows: FromClause, columns: Sequence[Covered], expected: Fingerprint) -> Subquery:
        """By its number of rows, and its sums modulo 2**64."""
        if not columns:
            return select((func.count() == expected.rows).label("same")).select_from(rows).subquery("agrees")
        assert self.canonical is not None  # noqa: S101 - this dialect has it
        hashes = select(self.hashed(dict(rows.c), columns).label("hash")).select_from(rows).subquery("hashes")
        sums = self.canonical.sums(hashes.c.hash)
        differences = (
            func.mod(func.coalesce(found, _decimal(0)) - _decimal(one), _decimal(2**64))
            for found, one in zip(sums, (expected.first, expected.second), strict=True)
        )
        same = and_(func.count() == expected.rows, *(one == _decimal(0) for one in differences))
        return select(same.label("same")).select_from(hashes).subquery("agrees")

    def load(self, connection: Connection, table: Table, batch: Batch) -> int:
        """In statements of as many rows as one can have, never row by row."""
        columns = named(table)
        rows = 0
        for part in self.parts(self.encoded(columns, batch)):
            names = [name for name, _ in columns]
            rows += self.insert_select(connection, table, names, self.inline(connection, columns, part).select())
        return rows

    def encoded(self, columns: Sequence[Named], batch: Batch) -> list[str]:
        """The rows of a batch, each as a list in JSON of its values as strings.

        Raises:
            SchemaMismatchError: If a column cannot hold a value.
        """
        rows = batch if isinstance(batch, list) else to_rows(batch, columns)
        if not rows:
            return []
        self.require_fit(columns, rows)
        made = [
            types.as_strings(type_, values) for (_, type_), values in zip(columns, zip(*rows, strict=True), strict=True)
        ]
        return [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in zip(*made, strict=True)]


def _decimal(number: int) -> ColumnElement[Any]:
    return literal_column(f"DECIMAL '{number}'", Numeric(38, 0))


def _kill(connection: Connection, query: str) -> None:
    """Stop a query on a connection of its own, from any thread."""
    spare = connection.engine.pool.recreate()
    try:
        other = spare.connect()
        cursor = other.cursor()
        try:
            cursor.execute(f"CALL system.runtime.kill_query(query_id => '{query}', message => 'cancelled')")
        except connection.dialect.loaded_dbapi.Error as error:
            # It has ended by itself, or was not begun.
            if getattr(error, "error_name", None) not in {"NOT_FOUND", "NOT_SUPPORTED"}:
                raise
        finally:
            cursor.close()
            other.close()
    finally:
        spare.dispose()


_dialects: WeakKeyDictionary[Engine, TrinoDialect] = WeakKeyDictionary()


def _connector(connection: Connection) -> str:
    """The connector of the catalog of a connection."""
    raw = driver_connection(connection)
    cursor = raw.cursor()
    try:
        cursor.execute("SELECT connector_name FROM system.metadata.catalogs WHERE catalog_name = ?", [raw.catalog])
        found = cursor.fetchall()
    finally:
        cursor.close()
    return str(found[0][0]) if found else "unknown"
