"""DuckDB through duckdb-sqlalchemy."""

from __future__ import annotations

import re
import threading
from contextlib import closing, contextmanager
from decimal import Decimal
from functools import partial
from importlib.util import find_spec
from os.path import realpath
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

import duckdb
from sqlalchemy import Connection, Select, collate, func, literal_column, select
from sqlalchemy import types as sql
from sqlalchemy.exc import CompileError, DBAPIError

from ..._shared.databases.duckdb_optimizers import WRONG, disable_wrong_optimizers
from ..._shared.duckdb_literals import literal
from ..._shared.fingerprints.canonical_sql import DuckDBForms
from ..._shared.statements import Alarm, clock_of
from ...errors import (
    ColumnNotFoundError,
    ConfigurationError,
    DatabaseAccessError,
    MoltresError,
    QueryCancelledError,
    QueryError,
    QueryTimeoutError,
    SchemaMismatchError,
    TableExistsError,
    TableNotFoundError,
    TransientQueryError,
    listing,
)
from ...types import documents
from ...types.arrow import into_text, plain, to_batch
from ...types.arrow_fit import extremes, with_short_decimals
from ...types.logical import logical_type
from ..base import Dialect, driver_connection, named
from ..base.proving import MarkedLanding
from ..base.refusals import REFUSED, REFUSED_END
from ..capabilities import Capabilities
from ..fill import Fill
from ..rows import by_sqlalchemy, each, is_custom
from ..sql.lexis import POSTGRESQL, Lexis
from ..sql.short_floats import computing_in_doubles
from ..stopping import check
from .batches import arrow_batches
from .casts import with_casts
from .catalog import CHECKS_SQL, TABLE_SQL, described, is_generated, reflected, schema_of, spelled, told
from .parts import has_parts, with_documents
from .types import (
    DECIMAL_DIGITS,
    Nested,
    comes_in_rows,
    for_csv,
    for_parquet,
    guarded,
    has_nanoseconds,
    in_text,
    keep_nanoseconds,
    sql_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from sqlalchemy import ColumnElement, CursorResult, Table
    from sqlalchemy.sql.selectable import SelectBase
    from sqlalchemy.types import TypeEngine

    from ..._shared.statements import Clock
    from ...types.arrow import Batch, Named
    from ..base import Told
    from ..base.proving import Landing
    from ..rows import Reader
    from ..tally import Covered

_CLASSES: tuple[tuple[type[Exception], type[MoltresError]], ...] = (
    (duckdb.InterruptException, QueryCancelledError),
    (duckdb.ConnectionException, DatabaseAccessError),
)
# A commit that fails because the disk is full has the same class as one that lost against another transaction.
_LOST = re.compile(r"conflict|constraint|another transaction|different transaction|has been altered", re.IGNORECASE)
# All catalog errors have one class; only the message tells them apart.
_TEXTS: tuple[tuple[type[Exception], str, type[MoltresError]], ...] = (
    (duckdb.CatalogException, "does not exist", TableNotFoundError),
    (duckdb.CatalogException, "Column with name", QueryError),  # twice in one table, whatever else "already exists"
    (duckdb.CatalogException, "already exists", TableExistsError),
    (duckdb.BinderException, "Referenced column", ColumnNotFoundError),
    (duckdb.IOException, "Could not set lock", TransientQueryError),
)


_locks: dict[str, threading.RLock] = {}
"""The locks of `lock_name`, by database and name."""
_BY_DEFAULT: Final = re.compile(r"^None\.")
"""What the name of a lock begins with for a table in the default schema."""
_held: WeakKeyDictionary[Connection, list[threading.RLock]] = WeakKeyDictionary()
"""The locks that each connection holds."""

_SETTLED: Final = "moltres_settled"
"""Key in `Connection.info`: whether the optimizers of its database are those that give right rows."""

_BEAT: Final = 0.2
"""Seconds between two looks at whether the work is to stop while it waits for a lock."""


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
        binds_types=True,
        most_decimal_digits=38,
    )

    tells_case = False
    canonical = DuckDBForms()
    writes_literals = True
    keeps_watermarks = compares_rows = True
    widens_types = one_process = True
    notices_new_rows = False

    def __init__(self) -> None:
        super().__init__("duckdb")

    def statement_compiler(self, base: type[Any]) -> type[Any]:
        """One whose casts to a length cut, and whose numbers have the digits of a double."""
        return computing_in_doubles(with_casts(base))

    def lexis(self, connection: Connection, sql: str) -> Lexis:  # noqa: ARG002 - it is always the same
        """Its parser is that of PostgreSQL."""
        return POSTGRESQL

    def written(self, value: Any) -> str | None:
        """As the driver would take it."""
        try:
            return literal(value)
        except (TypeError, CompileError):
            return None

    def parameter(self, value: Any) -> tuple[Any, TypeEngine[Any] | None]:
        """Also structs."""
        return (value, None) if isinstance(value, dict) else super().parameter(value)

    def _clock(self, connection: Connection, seconds: float) -> Clock:
        # DuckDB has no statement timeout, but interrupt() stops it at once.
        return Alarm(seconds, _raw(connection).interrupt)

    def canceller(self, connection: Connection) -> Callable[[], None]:
        """`interrupt()` may be called from any thread."""
        return _raw(connection).interrupt

    def begin_together(
        self,
        connections: Sequence[Connection],
        tables: Sequence[Table],  # noqa: ARG002
        *,
        seconds: float | None,  # noqa: ARG002
    ) -> int:
        """One transaction: connections cannot share one."""
        self.begin(connections[0])
        connections[0].exec_driver_sql("SELECT count(*) FROM duckdb_tables()").scalar_one()  # it begins when it reads
        return 1

    @contextmanager
    def settled(self, connection: Connection) -> Iterator[None]:
        """Without the optimizers that give wrong rows, also where the engine is the caller's; it stays so."""
        if _SETTLED not in connection.info:
            try:
                disable_wrong_optimizers(_raw(connection))
            except duckdb.Error as error:
                raise ConfigurationError(
                    f"DuckDB {duckdb.__version__} loses rows with the optimizer {listing(WRONG)}, and the configuration"
                    " of this database is locked.",
                    suggestion="Disable it where the database is opened:"
                    f" config={{'disabled_optimizers': {','.join(WRONG)!r}}}.",
                ) from error
            connection.info[_SETTLED] = True
        yield

    def _classify(self, error: BaseException) -> type[MoltresError]:
        if isinstance(error, duckdb.TransactionException):
            return TransientQueryError if _LOST.search(str(error)) else QueryError
        for exception, cls in _CLASSES:
            if isinstance(error, exception):
                return cls
        text = str(error)
        fits = (cls for exception, part, cls in _TEXTS if isinstance(error, exception) and part in text)
        return next(fits, QueryError)

    def refused(self, error: BaseException) -> SchemaMismatchError | None:
        """The column and the value that a guarded query names."""
        if isinstance(error, DBAPIError) and error.orig is not None:
            error = error.orig
        _, found, fault = str(error).partition(REFUSED) if isinstance(error, duckdb.Error) else ("", "", "")
        if not found:
            return None
        fault, ended, _ = fault.strip().partition(REFUSED_END)
        return SchemaMismatchError(
            "Some values cannot be read as they are.",
            mismatches=[fault if ended else f"{fault}, which has no exact form in Python"],
            suggestion="Leave the column out, or write it into the file in a type that DuckDB reads."
            if ended
            else "Cast the column to text in the query, or leave such rows out.",
        )

    def exact_text(self, length: int) -> TypeEngine[Any]:
        """Compared by bytes, whatever `default_collation` says."""
        return sql.String(length, collation="C")

    def by_code_points(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Whatever the collation of the column, or `default_collation`; the text of an ENUM, which has none."""
        return collate(value.cast(sql.Text()), "C") if logical_type(value.type).name == "text" else value

    def fill(self, connection: Connection, table: Table, described: Sequence[Any]) -> Fill:
        """Also generated columns, which reflection takes for columns with a default."""
        found = super().fill(connection, table, described)
        if not found.optional:
            return found
        of_it = {"schema": schema_of(connection, table), "name": table.name}
        statement = connection.execute(TABLE_SQL, of_it).scalar_one_or_none() or ""
        generated = {name for name in found.optional if is_generated(name, statement)}
        return Fill(found.optional - generated, found.generated | generated)

    def checks(self, connection: Connection, table: Table) -> list[tuple[str | None, str]]:
        """As its catalog has them."""
        of_it = {"schema": schema_of(connection, table), "name": table.name}
        return [(None, condition) for (condition,) in connection.execute(CHECKS_SQL, of_it)]

    def lock_name(self, connection: Connection, name: str, *, owns_transaction: bool, wait: bool) -> bool:
        """A lock of this process: a file of DuckDB, and what is in memory, belongs to one process."""
        if not owns_transaction:
            return True  # its snapshot is older than what others did
        del wait
        file = connection.engine.url.database
        place = realpath(file) if file else id(connection.engine)
        # As sorted as the names are: who takes several locks takes them in this order.
        lock = _locks.setdefault(f"{place} {_BY_DEFAULT.sub('main.', name)}", threading.RLock())
        clock = clock_of(connection)
        while not lock.acquire(timeout=_BEAT):
            check()
            if clock is not None and clock.seconds is not None and clock.elapsed() > clock.seconds:
                raise QueryTimeoutError(
                    f"Another write of the same table did not end within {clock.seconds:g} s.",
                    suggestion="Raise query_timeout, or write again.",
                )
        _held.setdefault(connection, []).append(lock)
        connection.rollback()
        self.begin(connection)
        return True

    @contextmanager
    def writing(self, connection: Connection) -> Iterator[None]:
        """What `lock_name` has locked is released at the end."""
        try:
            yield
        finally:
            for lock in _held.pop(connection, []):
                lock.release()

    def describe(self, connection: Connection, query: Select[Any]) -> list[Named]:
        """What DuckDB says of the result, read from the cursor; the query runs for no row."""
        return [(name, sql_type(type_)) for name, type_ in described(connection, query)]

    @contextmanager
    def reading(self, connection: Connection, query: Select[Any]) -> Iterator[Select[Any]]:
        """The query, in which DuckDB itself refuses what its driver would hand over as another value."""
        # Without moments, intervals and the types that SQLAlchemy does not know, the driver loses nothing.
        safe = all(map(_is_safe, query.selected_columns))
        yield query if safe else guarded(connection, query, described(connection, query))

    def reported(self, connection: Connection, cursor: Any) -> list[TypeEngine[Any]]:
        """What DuckDB says of the result."""
        del connection
        return [sql_type(column[1]) for column in cursor.description]

    def reader(
        self, connection: Connection, element: ColumnElement[Any], reported: TypeEngine[Any], code: Any
    ) -> Reader | None:
        """DuckDB's driver makes Python objects of everything but JSON."""
        if is_custom(element.type):
            return by_sqlalchemy(connection, element.type, code)
        if isinstance(reported, sql.ARRAY):
            return _lists
        if isinstance(reported, Nested):
            return None if reported.read is None else each(reported.read)
        return each(documents.read) if isinstance(reported, sql.JSON) else None

    def column_type(self, type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
        """As everywhere, but decimals end at 38 digits."""
        kind = logical_type(type_)
        too_long = kind.name == "decimal" and (kind.precision or 0) > DECIMAL_DIGITS
        return None if too_long else super().column_type(type_)

    def read(
        self, connection: Connection, query: Select[Any], columns: Sequence[Named], rows: int
    ) -> Generator[Batch, None, None]:
        """Arrow batches as DuckDB makes them."""
        if find_spec("pyarrow") is None or any(map(comes_in_rows, columns)):
            yield from super().read(connection, query, columns, rows)
            return
        if any(logical_type(type_).native for _, type_ in columns):
            query = in_text(connection, query, described(connection, query))
        with closing(arrow_batches(connection, query, rows)) as batches:
            for batch in batches:
                yield plain(batch, columns)

    def told(self, connection: Connection, table: str, schema: str | None) -> Told | None:
        """By its name, and not by looking through all tables, of which SQLAlchemy asks several times."""
        return told(connection, table, schema)

    def spelled(self, connection: Connection, table: str, schema: str | None) -> str:
        """As it was written when the table was made: its names have no case."""
        return spelled(connection, table, schema)

    def columns_of(self, connection: Connection, table: str, schema: str | None) -> Sequence[Any]:
        """With time stamps of the digits that they have."""
        found = self.told(connection, table, schema)
        return reflected(connection, table, schema) if found is None else found.columns

    def delete_actions(self, connection: Connection, table: Table, *, own: bool) -> list[str]:  # noqa: ARG002
        """None: its foreign keys refuse to have any."""
        return []

    def for_file(self, connection: Connection, query: Select[Any], kind: str) -> Select[Any]:
        """The query, in which what a file would change is text, exact, or refused."""
        return (for_parquet if kind == "parquet" else for_csv)(connection, query, described(connection, query))

    def refusal(self, type_: TypeEngine[Any], values: Sequence[Any]) -> str | None:
        """As everywhere; DECIMAL has neither NaN nor infinity, and nanoseconds in 64 bits reach from 1677 to 2262."""
        reason = super().refusal(type_, values)
        if reason is None and logical_type(type_).name == "decimal":
            odd = next((one for one in values if isinstance(one, Decimal) and not one.is_finite()), None)
            return None if odd is None else f"{odd} is no value of a DECIMAL column"
        if reason is None and has_nanoseconds(type_):
            odd = next((one for one in values if one is not None and not 1678 <= one.year < 2262), None)
            return None if odd is None else f"{odd} is not within the years 1678 to 2261 of a TIMESTAMP_NS column"
        return reason

    def require_batch(self, columns: Sequence[Named], batch: Any) -> None:
        """As everywhere, and what is too early or too late for nanoseconds."""
        super().require_batch(columns, batch)
        short = [
            (array, column) for array, column in zip(batch.columns, columns, strict=True) if has_nanoseconds(column[1])
        ]
        if short:
            self.require_fit(
                [column for _, column in short], list(zip(*(extremes(array) for array, _ in short), strict=True))
            )

    def load(self, connection: Connection, table: Table, batch: Batch) -> int:
        """Let DuckDB read the Arrow memory; without pyarrow, pass each column as one list."""
        if not len(batch):
            return 0
        preparer = connection.dialect.identifier_preparer
        names = ", ".join(preparer.quote(column.name) for column in table.columns)
        into = f"INSERT INTO {preparer.format_table(table)} ({names})"
        if isinstance(batch, list) and find_spec("pyarrow") is None:
            self.require_fit(named(table), batch)
            lists = ", ".join(f"unnest(${number})" for number in range(1, len(table.columns) + 1))
            values = tuple(map(list, zip(*into_text(batch, named(table)), strict=True)))
            connection.exec_driver_sql(f"{into} SELECT {lists}", values)
            return len(batch)
        columns = named(table)
        if isinstance(batch, list):
            self.require_fit(columns, batch)
            few = max(_FEW // len(columns), 1)
            if len(batch) <= few or any(map(has_parts, columns)):
                # As literals: Arrow, and pandas with it, would have to be imported first, and knows of no structures.
                rows = with_documents(into_text(batch, columns), columns)
                for start in range(0, len(rows), few):
                    written = (f"({', '.join(map(literal, row))})" for row in rows[start : start + few])
                    connection.exec_driver_sql(f"{into} VALUES {', '.join(written)}")
                return len(batch)
            batch = to_batch(batch, columns)
        else:
            self.require_batch(columns, batch)
            batch = with_short_decimals(batch)
        raw = _raw(connection)
        raw.register(_BATCH, batch)
        try:
            connection.exec_driver_sql(f"{into} SELECT * FROM {_BATCH}")  # noqa: S608 - quoted by SQLAlchemy
        finally:
            raw.unregister(_BATCH)
        return len(batch)

    def insert_select(self, connection: Connection, table: Table, names: Sequence[str], query: SelectBase) -> int:
        """As everywhere, but nanoseconds go only where they are kept."""
        if isinstance(query, Select):
            query = keep_nanoseconds(connection, query, partial(described, connection, query), table, names)
        return super().insert_select(connection, table, names, query)

    def landing(self, connection: Connection, table: Table, columns: Sequence[Covered]) -> Landing | str:
        """The rows with new numbers: those of a transaction are higher than all that are committed."""
        if any(one["name"].lower() == "rowid" for one in self.columns_of(connection, table.name, table.schema)):
            return "a column of the table is called rowid, as DuckDB calls the number of a row"
        number: ColumnElement[int] = literal_column("rowid")
        most = connection.execute(select(func.max(number)).select_from(table)).scalar_one_or_none()
        before: ColumnElement[int] = literal_column(str(-1 if most is None else most))
        return MarkedLanding(self, connection, table, columns, number > before)

    def fingerprint(self, connection: Connection, table: Table) -> str | None:
        """The sum of the hashes of its rows, which DuckDB makes of millions in a second."""
        name = connection.dialect.identifier_preparer.format_table(table)
        return str(connection.exec_driver_sql(f"SELECT sum(hash(r)) FROM (SELECT * FROM {name}) r").scalar_one())  # noqa: S608 - quoted

    def _created(self, connection: Connection, table: Table, result: CursorResult[Any]) -> int:
        del connection, table
        # DuckDB answers CREATE TABLE AS with its count, which SQLAlchemy takes for a value of the query's first column.
        cursor: Any = result.cursor
        count: int = cursor.fetchone()[0]
        result.close()
        return count


def _is_safe(column: Any) -> bool:
    """Whether the driver hands over every value of a column as it is."""
    return logical_type(column.type).name in _SAFE and not isinstance(column.type, Nested)


def _lists(values: Sequence[Any]) -> Sequence[Any]:
    """The driver has tuples for arrays of a fixed length, also within lists."""
    return [_list(value) if isinstance(value, list | tuple) else value for value in values]


def _list(value: Sequence[Any]) -> list[Any]:
    return [_list(item) if isinstance(item, list | tuple) else item for item in value]


_BATCH = "moltres_batch"
_FEW = 2_000
"""Values that are written in SQL in a moment."""
_SAFE = frozenset({"boolean", "integer", "decimal", "float", "text", "binary", "uuid", "json"})
