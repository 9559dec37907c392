"""PostgreSQL through psycopg (psycopg2 works where nothing but SQLAlchemy is needed)."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, cast, collate, func, literal_column, select, text
from sqlalchemy import types as sql
from sqlalchemy.dialects.postgresql import HSTORE, JSONB, OID, insert
from sqlalchemy.dialects.postgresql.named_types import NamedType

from ..._shared.fingerprints.canonical_sql import PostgreSQLForms
from ...types import documents
from ...types.arrow import Batch, Named, into_text, to_rows
from ...types.logical import LogicalType, logical_type
from ..base import Dialect, driver_connection, named
from ..base.refusals import said
from ..capabilities import Capabilities
from ..rows import by_sqlalchemy, each, is_custom
from ..sql.lexis import POSTGRESQL, Lexis
from ..sql.same_rows import rewriting_aggregates
from ..sql.short_floats import SUMS, computing_in_doubles
from ..sql.statements import InsertSelect
from ..sql.untyped import Untyped
from ..stopping import check
from . import copy_out, copy_text, loaders, user_arrays
from .arrays import leaves, no_block
from .compiler import comparing
from .contained import contained
from .copy_in import as_csv, encode
from .encodings import require_encoded, unencoded
from .errors import classify
from .horizon import Horizons
from .landing import landing
from .session import with_lock_limit, with_settings
from .types import MODULE, described

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Select, Table
    from sqlalchemy.sql.selectable import SelectBase
    from sqlalchemy.types import TypeEngine

    from ..._shared.statements import Clock
    from ...errors import MoltresError
    from ..base.proving import Landing
    from ..rows import Reader
    from ..tally import Covered

# What changes the text of values, or what a literal means.
_FORMS = {
    "DateStyle": "ISO",  # the order of day and month in what is read stays as it is
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "transform_null_equals": "off",
    "quote_all_identifiers": "off",  # which also puts types in quotes
}


class PostgreSQLDialect(Horizons, Dialect):
    """PostgreSQL: DDL in transactions, readers never wait for writers, COPY for many rows."""

    capabilities = Capabilities(
        transactional_ddl=True,
        statement_timeout=True,
        cancellation=True,
        insertion_order="ctid",
        arrays=True,
        binds_types=True,
        max_identifier_bytes=63,
    )

    canonical = PostgreSQLForms()
    parameter_modules = ("ipaddress", "psycopg")
    writes_literals = True
    bytes_literal = r"'\x{}'::bytea"

    def __init__(self) -> None:
        super().__init__("postgresql")

    def statement_compiler(self, base: type[Any]) -> type[Any]:
        """One that gives strings no type where they are compared, and numbers the digits of a double."""
        return rewriting_aggregates(computing_in_doubles(comparing(base)), SUMS)

    def lexis(self, connection: Connection, sql: str) -> Lexis:  # noqa: ARG002 - it is always the same
        """Nested comments, E'…' and $…$."""
        return POSTGRESQL

    def empty_list(self, *, negated: bool) -> str:
        """A comparison with an empty array, whose type follows from the other side."""
        return "<> ALL ('{}')" if negated else "= ANY ('{}')"

    def parameter(self, value: Any) -> tuple[Any, TypeEngine[Any] | None]:
        """Strings, and JSON, as literals whose type PostgreSQL infers."""
        if isinstance(value, str):
            return value, Untyped()
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value)):
            return documents.write(value), Untyped()
        return super().parameter(value)

    @contextmanager
    def _limited(self, connection: Connection, clock: Clock, seconds: float) -> Iterator[None]:  # noqa: ARG002
        with with_settings(connection, {"statement_timeout": str(min(max(1, round(seconds * 1000)), _LONGEST_LIMIT))}):
            yield

    @contextmanager
    def settled(self, connection: Connection) -> Iterator[None]:
        """Values in the text form that drivers and COPY read, and literals as the standard reads them."""
        with with_settings(connection, _FORMS):
            yield

    @contextmanager
    def waits_briefly(self, connection: Connection, seconds: float) -> Iterator[None]:
        """The limit of the transaction, or of the session outside of one."""
        with with_lock_limit(connection, seconds):
            yield

    def begin_together(
        self,
        connections: Sequence[Connection],
        tables: Sequence[Table],  # noqa: ARG002
        *,
        seconds: float | None,  # noqa: ARG002
    ) -> int:
        """One exported snapshot, also on a standby: https://www.postgresql.org/docs/current/sql-set-transaction.html."""
        for connection in connections:
            connection.execution_options(isolation_level="REPEATABLE READ")
        first, *others = connections
        snapshot = first.execute(select(func.pg_export_snapshot())).scalar_one()
        for connection in others:
            connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        return len(connections)

    def keeps_rows(self, connection: Connection) -> bool:
        """Not on a standby, in a transaction that only reads, or where temporary tables are not allowed."""
        allowed = func.has_database_privilege(func.current_database(), "TEMP")
        read_only = func.current_setting("transaction_read_only")
        return connection.execute(select(allowed, read_only)).one() == (True, "off")

    def canceller(self, connection: Connection) -> Callable[[], None]:
        """A cancel request to the server, on a connection of its own."""
        raw = driver_connection(connection)
        cancel: Callable[[], None] = getattr(raw, "cancel_safe", raw.cancel)
        return cancel

    def fingerprint(self, connection: Connection, table: Table) -> str | None:
        """The transactions that wrote its rows, and the table's own number."""
        written: Any = cast(cast(literal_column("xmin"), sql.Text), sql.BigInteger)
        name = connection.dialect.identifier_preparer.format_table(table)
        number = select(cast(func.to_regclass(name), OID)).scalar_subquery()
        rows = select(number, func.min(written), func.max(written)).select_from(table)
        return ".".join(map(str, connection.execute(rows).one()))

    def _classify(self, error: BaseException) -> type[MoltresError]:
        return classify(error)

    def describe(self, connection: Connection, query: Select[Any]) -> list[Named]:
        """What the server says of the result; the query runs for no row."""
        if not _is_psycopg(connection):
            return super().describe(connection, query)
        rows = query.subquery()
        result: Any = connection.execute(select(literal_column("*")).select_from(rows).limit(0))
        types = self.reported(connection, result.cursor)
        described = [(column.name, type_) for column, type_ in zip(result.cursor.description, types, strict=True)]
        result.close()
        return described

    @contextmanager
    def reading(self, connection: Connection, query: Select[Any]) -> Iterator[Select[Any]]:
        """The same statement, read by loaders that lose nothing."""
        if not _is_psycopg(connection):
            yield query
            return
        user_arrays.prepare(connection, query)
        with loaders.exact(connection):
            yield query

    def reported(self, connection: Connection, cursor: Any) -> list[TypeEngine[Any]]:
        """What the server says of the result."""
        if not _is_psycopg(connection):
            return super().reported(connection, cursor)
        names = connection.dialect.ischema_names  # type: ignore[attr-defined]  # of SQLAlchemy's own PostgreSQL dialect
        registry = driver_connection(connection).adapters.types
        find = partial(user_arrays.look_up, connection)
        return [
            described(column, cursor.pgresult.fmod(number), registry, names, find)
            for number, column in enumerate(cursor.description)
        ]

    def reader(
        self, connection: Connection, element: ColumnElement[Any], reported: TypeEngine[Any], code: Any
    ) -> Reader | None:
        """What has no form in Python is refused; JSON is read exactly."""
        if not _is_psycopg(connection):
            return super().reader(connection, element, reported, code)
        kind = logical_type(reported)
        own: Reader | None = None
        if kind.name == "json":
            own = each(documents.read)
        elif kind.name == "array" and kind.item is not None and kind.item.name == "json":
            own = loaders.read_documents
        elif kind.name in _GUARDED:
            own = loaders.refuse
        process = by_sqlalchemy(connection, element.type, code) if is_custom(element.type) else None
        if own is None or process is None:
            return own or process
        first, second = own, process
        return lambda values: second([None if value is documents.NULL else value for value in first(values)])

    def column_type(self, type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
        """As everywhere, but decimals need no limit, times can have zones, and its own types are kept."""
        kind = logical_type(type_)
        if kind.native and type(type_).__module__.startswith(MODULE) and not isinstance(type_, NamedType | HSTORE):
            return type_  # it exists in every database, unlike an enum, a domain, or the type of an extension
        if kind.name == "decimal":
            limited = (kind.precision or 0) <= _MOST_DIGITS
            return sql.Numeric(kind.precision, kind.scale) if limited else sql.Numeric()
        if kind.name == "time":
            return sql.Time(timezone=kind.zoned)
        return super().column_type(type_)

    def held(self, type_: TypeEngine[Any]) -> LogicalType:
        """As the type says: blanks that are too many are cut, those that are too few are added, without an error."""
        return logical_type(type_)

    def uncut(
        self, value: ColumnElement[Any], source: TypeEngine[Any], column: Named, *, computed: bool
    ) -> ColumnElement[Any]:
        """As everywhere; the blanks of a CHAR, which it would lose on its way to another type, belong to its value."""
        held, given = self.held(column[1]), self.held(source)
        if given.padded and held.name == "text" and (computed or given != held):
            value = case((value.is_not(None), func.concat(value)))  # which makes an empty string of NULL
        return super().uncut(value, source, column, computed=computed)

    def too_long(self, value: ColumnElement[Any], column: Named, length: int) -> ColumnElement[Any]:  # noqa: ARG002
        """A cast that fails with the column and the value in its error."""
        before, after = said(column[0])
        return cast(cast(func.concat(before, func.quote_literal(value), after), sql.Integer), sql.Text)

    def refusal(self, type_: TypeEngine[Any], values: Sequence[Any]) -> str | None:
        """As everywhere, and strings have no NUL, arrays one form, of any number of dimensions."""
        if isinstance(type_, sql.ARRAY) and logical_type(type_.item_type).name != "json":
            flat = [leaves(value) for value in values] if type_.dimensions is None else values
            return super().refusal(type_, flat) or no_block(values)
        reason = super().refusal(type_, values)
        if reason is None and logical_type(type_).name == "text" and "\0" in _joined(values):
            return "a string has a NUL character, which PostgreSQL does not store"
        return reason

    def read(
        self, connection: Connection, query: Select[Any], columns: Sequence[Named], rows: int
    ) -> Generator[Batch, None, None]:
        """Arrow batches from COPY where the query allows it, rows from a server-side cursor elsewhere."""
        raw = driver_connection(connection)
        statement = None
        if _is_psycopg(connection) and find_spec("pyarrow") is not None:
            statement = copy_out.copy_statement(connection, raw, query, columns)
        if statement is None:
            yield from super().read(connection, query, columns, rows)
        else:
            with self.unchanged(connection, query):
                yield from copy_out.batches(raw, statement, columns, rows)

    def load(self, connection: Connection, table: Table, batch: Batch) -> int:
        """COPY: Arrow in the binary format, or as CSV where a type is not known there; rows one by one."""
        raw = driver_connection(connection)
        if not _is_psycopg(connection):  # psycopg2 copies in another way
            return super().load(connection, table, batch)
        if not len(batch):
            return 0
        columns = named(table)
        encoding = raw.info.encoding
        by_rows = encoding != "utf-8" or any(logical_type(type_).name in _NOT_CSV for _, type_ in columns)
        if not isinstance(batch, list) and by_rows:
            batch = to_rows(batch, columns)  # Arrow's strings are in UTF-8
        preparer = connection.dialect.identifier_preparer
        names = ", ".join(preparer.quote(name) for name, _ in columns)
        check()
        # SQLAlchemy doubles percent signs for statements with parameters; this one has none.
        statement = f"COPY {preparer.format_table(table)} ({names}) FROM STDIN".replace("%%", "%")
        with raw.cursor() as cursor:
            if isinstance(batch, list):
                self.require_fit(columns, batch)
                rows = into_text(batch, columns)
                require_encoded(encoding, rows, columns)
                with cursor.copy(statement) as copy:
                    if copy_text.can_write(columns):
                        for part in copy_text.lines(rows, columns):
                            copy.write(part)
                    else:
                        for row in rows:
                            copy.write_row(row)
                return len(batch)
            self.require_batch(columns, batch)
            if (buffers := encode(batch, columns)) is not None:
                with cursor.copy(f"{statement} (FORMAT binary)") as copy:
                    for buffer in buffers:
                        copy.write(buffer)
            else:
                with cursor.copy(f"{statement} (FORMAT csv)") as copy:
                    copy.write(as_csv(batch))
        return len(batch)

    def unstorable(self, connection: Connection, type_: TypeEngine[Any], values: Sequence[Any]) -> str | None:
        """As everywhere, and what the encoding of the connection lacks."""
        encoding = driver_connection(connection).info.encoding if _is_psycopg(connection) else "utf-8"
        return super().unstorable(connection, type_, values) or unencoded(encoding, values)

    def exact_text(self, length: int) -> TypeEngine[Any]:
        """Compared by bytes, whatever the collation of the database."""
        return sql.String(length, collation="C")

    def finds(self, type_: TypeEngine[Any]) -> bool:
        """Also documents of JSONB, which are compared by what they say."""
        return isinstance(type_, JSONB) or super().finds(type_)

    def by_code_points(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Whatever collation the column was declared with; `citext`, and domains, may have one of their own."""
        if logical_type(value.type).name != "text" or _is_plain(value.type):
            return value
        # A cast alone changes no byte, and PostgreSQL 18 sorts what is no more than that in the wrong order for a join.
        return collate(cast(value, sql.Text).concat(_EMPTY), "C")

    def delete_actions(self, connection: Connection, table: Table, *, own: bool) -> list[str]:
        """Of tables in all schemas, also on partitions; and tables that inherit, whose further columns would go."""
        # As a value: SQLAlchemy doubles the percent signs of names for statements.
        name = connection.dialect.identifier_preparer.format_table(table).replace("%%", "%")
        return list(connection.execute(_DELETE_ACTIONS, {"name": name, "own": own}).scalars())

    def contained(self, connection: Connection, tables: Sequence[Table]) -> list[tuple[int, int, bool]]:
        """Partitions, and tables that inherit."""
        return contained(connection, tables)

    def insert_select(self, connection: Connection, table: Table, names: Sequence[str], query: SelectBase) -> int:
        """One INSERT … SELECT, which gives identity columns the values of the query where it has them."""
        statement = InsertSelect(table, names, query, overriding=True)
        with self.unchanged(connection, query):
            return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount

    def landing(self, connection: Connection, table: Table, columns: Sequence[Covered]) -> Landing | str:
        """The rows that the transaction has written."""
        return landing(self, connection, table, columns)

    def may_alter(self, connection: Connection, table: Table) -> bool:
        """Only the owner may, and whoever is a member of that role."""
        name = connection.dialect.identifier_preparer.format_table(table)
        return bool(connection.execute(_IS_OWNER, {"name": name}).scalar())

    def may_record(self, connection: Connection, table: Table) -> bool:
        """As the table is granted: a statement that fails would end the transaction."""
        name, names = connection.dialect.identifier_preparer.format_table(table), table.columns.keys()
        given = {"name": name, "names": names, "columns": len(names)}
        return bool(connection.execute(_MAY_RECORD, given).scalar())

    def hold(self, connection: Connection, table: Table) -> bool:
        """The lock of an INSERT: ALTER TABLE waits for it, readers and other inserts do not."""
        return self._lock(connection, table, "ROW EXCLUSIVE")

    def lock(self, connection: Connection, table: Table) -> bool:
        """A lock that readers do not notice and other writers wait for."""
        return self._lock(connection, table, "SHARE ROW EXCLUSIVE")

    def _lock(self, connection: Connection, table: Table, mode: str) -> bool:
        name = connection.dialect.identifier_preparer.format_table(table)
        connection.exec_driver_sql(f"LOCK TABLE {name} IN {mode} MODE")
        return True

    def lock_name(
        self,
        connection: Connection,
        name: str,
        *,
        owns_transaction: bool,  # noqa: ARG002 - READ COMMITTED sees what others did
        wait: bool,
    ) -> bool:
        """An advisory lock: there is no table yet that could be locked."""
        number = func.hashtextextended(f"moltres {name}", 0)
        if not wait:
            return bool(connection.execute(select(func.pg_try_advisory_xact_lock(number))).scalar())
        connection.execute(select(func.pg_advisory_xact_lock(number)))
        return True

    def insert_new(self, connection: Connection, table: Table, values: dict[str, Any]) -> bool:
        """Wait for concurrent inserts of the same key, then insert or leave the row."""
        statement = insert(table).values(values).on_conflict_do_nothing()
        return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


_DELETE_ACTIONS = text(
    "WITH RECURSIVE heirs (heir, is_partition) AS ("  # a DELETE reaches their rows as well
    "SELECT CAST(CAST(:name AS regclass) AS oid), true UNION"
    " SELECT c.oid, c.relispartition FROM pg_catalog.pg_inherits i JOIN heirs ON i.inhparent = heir"
    " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid)"
    " SELECT conrelid::regclass::text || CASE confdeltype WHEN 'c' THEN ' (ON DELETE CASCADE)'"
    " WHEN 'n' THEN ' (ON DELETE SET NULL)' ELSE ' (ON DELETE SET DEFAULT)' END AS action"
    " FROM pg_catalog.pg_constraint JOIN heirs ON confrelid = heir WHERE contype = 'f'"
    " AND confdeltype IN ('c', 'n', 'd') AND (:own OR conrelid NOT IN (SELECT heir FROM heirs))"
    " UNION SELECT heir::regclass::text || ' (INHERITS)' FROM heirs WHERE NOT is_partition AND EXISTS (SELECT 1"
    " FROM pg_catalog.pg_attribute WHERE attrelid = heir AND attnum > 0 AND NOT attisdropped AND attinhcount = 0)"
    " ORDER BY 1"
)

_NOT_CSV = frozenset({"interval", "array", "other"})


def _joined(values: Sequence[Any]) -> str:
    return "".join(values if set(map(type, values)) <= {str} else map(str, values))


def _is_plain(type_: TypeEngine[Any]) -> bool:
    """Whether strings are in the collation of the database, which tells all code points apart."""
    return type(type_) in _STRINGS and getattr(type_, "collation", None) is None


def _is_psycopg(connection: Connection) -> bool:
    """Whether the driver is psycopg 3, which has a registry of types; psycopg2 has none."""
    return hasattr(driver_connection(connection), "adapters")


_LONGEST_LIMIT = 2**31 - 1
"""In milliseconds: 24 days."""
_EMPTY = literal_column("''", sql.Text())
_STRINGS = frozenset({sql.Text, sql.TEXT, sql.String, sql.VARCHAR, sql.CHAR})
_MOST_DIGITS = 1000
"""What a NUMERIC may declare; one without a limit holds more."""
_GUARDED = frozenset({"date", "time", "timestamp", "interval", "array"})

_MAY_RECORD = text(
    "SELECT bool_and(pg_catalog.has_table_privilege(CAST(:name AS regclass), one)) AND :columns = (SELECT count(*)"
    " FROM pg_catalog.pg_attribute WHERE attrelid = CAST(:name AS regclass) AND attname = ANY (:names)"
    " AND NOT attisdropped) FROM unnest(ARRAY['SELECT', 'INSERT', 'DELETE']) AS one"
)
_IS_OWNER = text(
    "SELECT pg_catalog.pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class WHERE oid = CAST(:name AS regclass)"
)
