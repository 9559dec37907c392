"""DuckDB through duckdb-sqlalchemy."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

import duckdb
from sqlalchemy import literal_column, select
from sqlalchemy import types as sql
from sqlalchemy.types import TypeEngine

from .._shared.statements import Alarm
from ..errors import (
    ColumnNotFoundError,
    DatabaseConnectionError,
    MoltresError,
    QueryCancelledError,
    QueryError,
    TableExistsError,
    TableNotFoundError,
    TransientQueryError,
)
from ..types.arrow import into_text, plain, to_batch
from ..types.logical import kind_of
from .base import Dialect, driver_connection, named
from .capabilities import Capabilities

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from sqlalchemy import Connection, CursorResult, Select, Table

    from .._shared.statements import Clock
    from ..types.arrow import Batch, Named

_CLASSES: tuple[tuple[type[Exception], type[MoltresError]], ...] = (
    (duckdb.InterruptException, QueryCancelledError),
    (duckdb.TransactionException, TransientQueryError),
    (duckdb.ConnectionException, DatabaseConnectionError),
)
# All catalog errors have one class; only the message tells them apart.
_TEXTS: tuple[tuple[type[Exception], str, type[MoltresError]], ...] = (
    (duckdb.CatalogException, "does not exist", TableNotFoundError),
    (duckdb.CatalogException, "already exists", TableExistsError),
    (duckdb.BinderException, "Referenced column", ColumnNotFoundError),
)


def _raw(connection: Connection) -> duckdb.DuckDBPyConnection:
    return cast("duckdb.DuckDBPyConnection", driver_connection(connection))


class DuckDBDialect(Dialect):
    """DuckDB: DDL in transactions, Arrow without a copy, one process at a time."""

    capabilities = Capabilities(
        transactional_ddl=True,
        savepoints=False,
        statement_timeout=True,
        cancellation=True,
        file_functions=True,
        insertion_order="rowid",
        arrays=True,
    )

    def __init__(self) -> None:
        super().__init__("duckdb")

    def _clock(self, connection: Connection, seconds: float) -> Clock:
        # DuckDB has no statement timeout, but interrupt() stops it at once.
        return Alarm(seconds, _raw(connection).interrupt)

    def canceller(self, connection: Connection) -> Callable[[], None]:
        """`interrupt()` may be called from any thread."""
        return _raw(connection).interrupt

    def _classify(self, error: BaseException) -> type[MoltresError]:
        for exception, cls in _CLASSES:
            if isinstance(error, exception):
                return cls
        text = str(error)
        fits = (cls for exception, part, cls in _TEXTS if isinstance(error, exception) and part in text)
        return next(fits, QueryError)

    def describe(self, connection: Connection, query: Select[Any]) -> list[Named]:
        """What DuckDB says of the result, read from the cursor; the query runs for no row."""
        rows = query.subquery()
        result: Any = connection.execute(select(literal_column("*")).select_from(rows).limit(0))
        described = [(column[0], _type(column[1])) for column in result.cursor.description]
        result.close()
        return described

    def column_type(self, type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
        """As everywhere, but decimals end at 38 digits."""
        kind = kind_of(type_)
        too_long = kind.name == "decimal" and (kind.precision or 0) > _DECIMAL_DIGITS
        return None if too_long else super().column_type(type_)

    def read(
        self, connection: Connection, query: Select[Any], columns: Sequence[Named], rows: int
    ) -> Generator[Batch, None, None]:
        """Arrow batches as DuckDB makes them."""
        if find_spec("pyarrow") is None or any(kind_of(type_).name in _NOT_ARROW for _, type_ in columns):
            yield from super().read(connection, query, columns, rows)
            return
        result = connection.execute(query)
        try:
            for batch in result.cursor.to_arrow_reader(rows):
                yield plain(batch, columns)
        finally:
            result.close()

    def load(self, connection: Connection, table: Table, batch: Batch) -> int:
        """Let DuckDB read the Arrow memory; without pyarrow, pass each column as one list."""
        if not len(batch):
            return 0
        preparer = connection.dialect.identifier_preparer
        names = ", ".join(preparer.quote(column.name) for column in table.columns)
        into = f"INSERT INTO {preparer.format_table(table)} ({names})"
        if isinstance(batch, list) and find_spec("pyarrow") is None:
            lists = ", ".join(f"unnest(${number})" for number in range(1, len(table.columns) + 1))
            values = tuple(map(list, zip(*into_text(batch, named(table)), strict=True)))
            connection.exec_driver_sql(f"{into} SELECT {lists}", values)
            return len(batch)
        raw = _raw(connection)
        raw.register(_BATCH, to_batch(batch, named(table)) if isinstance(batch, list) else batch)
        try:
            connection.exec_driver_sql(f"{into} SELECT * FROM {_BATCH}")  # noqa: S608 - quoted by SQLAlchemy
        finally:
            raw.unregister(_BATCH)
        return len(batch)

    def _created(self, connection: Connection, table: Table, result: CursorResult[Any]) -> int:
        del connection, table
        return result.scalar_one()  # type: ignore[no-any-return]  # DuckDB answers CREATE TABLE AS with its count


_BATCH = "moltres_batch"
_NOT_ARROW = frozenset({"interval", "array", "other"})
_DECIMAL_DIGITS = 38


class Nested(sql.JSON):
    """A STRUCT or MAP: JSON for other databases, but its values arrive as dicts and not as text."""

    def result_processor(self, dialect: Any, coltype: Any) -> None:
        """Nothing: DuckDB has made Python objects of them."""


_TYPES: dict[str, TypeEngine[Any]] = {
    "boolean": sql.Boolean(),
    "tinyint": sql.SmallInteger(),
    "smallint": sql.SmallInteger(),
    "integer": sql.Integer(),
    "bigint": sql.BigInteger(),
    "utinyint": sql.SmallInteger(),
    "usmallint": sql.Integer(),
    "uinteger": sql.BigInteger(),
    "ubigint": sql.Numeric(20, 0),
    "hugeint": sql.Numeric(38, 0),
    "uhugeint": sql.Numeric(39, 0),
    "float": sql.REAL(),
    "double": sql.Double(),
    "varchar": sql.Text(),
    "enum": sql.Text(),
    "blob": sql.LargeBinary(),
    "date": sql.Date(),
    "time": sql.Time(),
    "time with time zone": sql.Time(timezone=True),
    "timestamp": sql.DateTime(),
    "timestamp_s": sql.DateTime(),
    "timestamp_ms": sql.DateTime(),
    "timestamp_ns": sql.DateTime(),
    "timestamp with time zone": sql.DateTime(timezone=True),
    "interval": sql.Interval(),
    "uuid": sql.Uuid(),
    "struct": Nested(),
    "map": Nested(),
}


def _type(described: Any) -> TypeEngine[Any]:
    """The SQL type for what DuckDB calls the type of a column."""
    if str(described) == "JSON":  # its id is that of VARCHAR
        return sql.JSON()
    if described.id == "decimal":
        (_, precision), (_, scale) = described.children
        return sql.Numeric(precision, scale)
    if described.id in {"list", "array"}:
        return sql.ARRAY(_type(described.children[0][1]))
    return _TYPES.get(described.id, TypeEngine())
