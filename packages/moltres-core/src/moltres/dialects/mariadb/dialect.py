"""MariaDB through PyMySQL: ``mariadb+pymysql://…``."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table, case, cast, delete, false, insert, inspect, select, text
from sqlalchemy import types as sql
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable, SetTableComment

from ..._shared.databases.mariadb_documents import checked_document
from ..._shared.databases.mariadb_settings import with_whole_results
from ..._shared.fingerprints.canonical_sql import MariaDBForms
from ...errors import ColumnNotFoundError, MoltresError, QueryError
from ...types.logical import LogicalType, Told, is_known, logical_type
from ..base import KEYS, TEMPORARY, Dialect, driver_connection
from ..base.sending import typed_parameter
from ..capabilities import MYSQL
from ..rows import by_sqlalchemy, is_custom, selects_all
from ..sql.inner_order import BY_LIMIT, kept, kept_of
from ..sql.lexis import mariadb
from ..sql.statements import CreateTableAs, Explain, RenameTables, SwapTables
from ..stopping import cleaning_up
from . import types
from .bits import with_signed_bits
from .casts import with_casts
from .changed import refuse_changed, telling_all
from .empty import EMPTY, with_empty_lists
from .errors import classify
from .exact import Exact
from .found_rows import FoundRows
from .landing import landing
from .lengths import UNDECLARED, within
from .locks import NamedLocks
from .numbered import not_null, numbered
from .quotients import is_arithmetic
from .reflection import columns_of
from .replaced import is_alike, own_or_refused
from .results import result_types, results
from .session import storing_as_given
from .sizes import most_bytes
from .sums import with_checked_sums
from .together import begin_together
from .widening import widen, widened_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, Engine, Select
    from sqlalchemy.sql.selectable import SelectBase
    from sqlalchemy.types import TypeEngine

    from ..._shared.statements import Clock
    from ...types.arrow import Named
    from ..base.proving import Landing
    from ..rows import Reader
    from ..sql.lexis import Lexis, Token
    from ..tally import Covered

_LEAST_PACKET = 1024
"""No server takes less, whatever `max_allowed_packet` says."""

_PREFIXED = frozenset({"text", "binary", "json", "unknown"})
_BY_SQLALCHEMY = frozenset({"uuid", "decimal"})
_KEY_PREFIX = 100
"""Characters of a string that an index of a temporary table holds."""
_MOST_KEYS = 4


class MariaDBDialect(Exact, NamedLocks, FoundRows, Dialect):
    """MariaDB: rows in transactions, but CREATE, DROP and RENAME TABLE commit."""

    capabilities = replace(MYSQL, statement_timeout=True, cancellation=True, nan=False)
    canonical = MariaDBForms()
    placeholder = "%s"
    identifier_quote = "`"  # also with ANSI_QUOTES
    widens_types = True
    trusts_tables = True
    tells_case = False
    drivers = ("pymysql",)

    def __init__(self) -> None:
        super().__init__("mariadb")

    def statement_compiler(self, base: type[Any]) -> type[Any]:
        """One whose empty lists can be compared with every type, and whose sums and casts are right or fail."""
        return with_casts(with_checked_sums(with_signed_bits(with_empty_lists(base))))

    def lexis(self, connection: Connection, sql: str) -> Lexis:
        """As the modes of the session say what quotes and backslashes mean."""
        asks = '"' in sql or "\\" in sql
        modes = connection.execute(text("SELECT @@SESSION.sql_mode")).scalar_one() if asks else ""
        server: Any = connection.dialect
        major, minor, patch = (*server.server_version_info, 0, 0)[:3]
        return mariadb(modes, 10_000 * major + 100 * minor + patch, is_mysql=not server.is_mariadb)

    def in_its_order(self, tokens: Sequence[Token]) -> Sequence[Token]:
        """With a LIMIT that cuts nothing: without one MariaDB leaves the ORDER BY of a subquery out."""
        return kept(tokens, BY_LIMIT)

    def ordered(self, statement: SelectBase, lexis: Callable[[str], Lexis]) -> SelectBase:
        """The same of a statement of SQLAlchemy."""
        return kept_of(statement, BY_LIMIT, lexis)

    def empty_list(self, *, negated: bool) -> str:
        """None of any text."""
        del negated
        return f"({EMPTY})"

    def parameter(self, value: Any) -> tuple[Any, TypeEngine[Any] | None]:
        """As a column that moltres makes would store it."""
        return typed_parameter(value, super().parameter(value), self.column_type)

    @contextmanager
    def _limited(self, connection: Connection, clock: Clock, seconds: float) -> Iterator[None]:
        del clock
        before = connection.execute(text("SELECT @@SESSION.max_statement_time")).scalar_one()
        # Less than a microsecond would be 0, which is no limit.
        connection.execute(text("SET SESSION max_statement_time = :seconds"), {"seconds": max(seconds, 1e-6)})
        try:
            yield
        finally:
            # The setting belongs to the session, and would stay with the connection in the pool.
            if not (connection.closed or connection.invalidated):
                with cleaning_up():
                    connection.exec_driver_sql(f"SET SESSION max_statement_time = {float(before)}")

    @contextmanager
    def settled(self, connection: Connection) -> Iterator[None]:
        """Without a limit of rows that no query has, in a character set that has all characters."""
        with with_whole_results(connection):
            yield

    @contextmanager
    def writing(self, connection: Connection) -> Iterator[None]:
        """What does not fit its column is an error, and 0 is 0, whatever the session or the server says."""
        with storing_as_given(connection):
            yield

    def canceller(self, connection: Connection) -> Callable[[], None]:
        """KILL QUERY, sent on another connection."""
        thread = driver_connection(connection).thread_id()
        pool = connection.engine.pool

        def cancel() -> None:
            # A pool of its own: that of the engine may be exhausted by the statements to stop.
            spare = pool.recreate()
            try:
                other = spare.connect()
                cursor = other.cursor()
                cursor.execute(f"KILL QUERY {int(thread)}")
                cursor.close()
                other.close()
            finally:
                spare.dispose()

        return cancel

    def _classify(self, error: BaseException) -> type[MoltresError]:
        return classify(error)

    def outgrown(self, engine: Engine, error: DBAPIError) -> str | None:
        """The server hangs up on a packet that is larger than it takes; asked on another connection."""
        sent = most_bytes(error.params) + len(error.statement or "")
        if sent < _LEAST_PACKET:
            return None
        spare = engine.pool.recreate()  # that of the engine may be exhausted
        try:
            other = spare.connect()
            cursor = other.cursor()
            cursor.execute("SELECT @@GLOBAL.max_allowed_packet")
            most = int(cursor.fetchall()[0][0])
            cursor.close()
            other.close()
        except (DBAPIError, engine.dialect.loaded_dbapi.Error):  # it is gone indeed
            return None
        finally:
            spare.dispose()
        if sent < most:
            return None
        return f"a row of {sent:,} bytes is larger than what the server takes (max_allowed_packet = {most:,} bytes)"

    def column_type(self, type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
        """Long strings, compared exactly; microseconds; no time zones, intervals or arrays."""
        return types.column_type(type_, super().column_type)

    @contextmanager
    def reading(self, connection: Connection, query: Select[Any]) -> Iterator[Select[Any]]:
        """The query; what makes a write fail in strict mode is an error here, too, where the server only warns."""
        with telling_all(connection):
            yield query
        refuse_changed(connection)

    def reported(self, connection: Connection, cursor: Any) -> list[TypeEngine[Any]]:
        """What the server says of types whose values do not tell it; nothing of all others."""
        del connection
        return [types.reported(entry[1]) for entry in cursor.description]

    def describe(self, connection: Connection, query: Select[Any]) -> list[Named]:
        """What SQLAlchemy knows, and where it knows nothing, what the server says of the result."""
        known = super().describe(connection, query)
        if all(is_known(type_) for _, type_ in known):
            return known
        with closing(connection.execute(query.limit(0))) as result:
            reported, names = self.reported(connection, result.cursor), list(result.keys())
            made = result_types(result.cursor)
        known = [(name, sql.NullType()) for name in names] if selects_all(query) else known
        told = [
            one if is_known(one) or not is_known(other) else Told(other)
            for one, other in zip(reported, made, strict=True)
        ]
        return [(name, type_ if is_known(type_) else other) for (name, type_), other in zip(known, told, strict=True)]

    def results(self, connection: Connection, query: Select[Any]) -> list[Named]:
        """What the server says of the result."""
        return results(connection, query, self.describe(connection, query))

    def reader(
        self, connection: Connection, element: ColumnElement[Any], reported: TypeEngine[Any], code: Any
    ) -> Reader | None:
        """What reads a value as one of the type, if it is one: a TIME can be no time of a day, a BOOLEAN can be 3."""
        type_ = element.type if is_known(element.type) else reported
        if is_custom(type_) or isinstance(type_, sql.Interval):
            return by_sqlalchemy(connection, type_, code)
        own = types.reader(type_)
        if own is not None:
            return own
        # Of a DOUBLE SQLAlchemy makes a Decimal of ten places, also for what is computed with one.
        short = isinstance(type_, types.ShortFloat) and not is_arithmetic(element)
        by = short or logical_type(type_).name in _BY_SQLALCHEMY
        return by_sqlalchemy(connection, type_, code) if by else None

    def held(self, type_: TypeEngine[Any]) -> LogicalType:
        """As the type says: what is too long is cut without an error if only blanks are lost."""
        return replace(logical_type(type_), padded=False)

    def uncut(
        self, value: ColumnElement[Any], source: TypeEngine[Any], column: Named, *, computed: bool
    ) -> ColumnElement[Any]:
        """As everywhere; a CHAR also loses the blanks at the end that it has room for, and some store other values."""
        kept = super().uncut(value, source, column, computed=computed)
        target = column[1]
        if computed or not is_alike(source, target):
            kept = own_or_refused(kept, self.by_code_points, column)
        if isinstance(target, UNDECLARED) and (computed or type(source) is not type(target)):
            return within(kept, column)
        if not isinstance(target, sql.CHAR) or (isinstance(source, sql.CHAR) and not computed):
            return kept
        return case((value.like("% "), self.too_long(value, column, target.length or 1)), else_=kept)

    def refusal(self, type_: TypeEngine[Any], values: Sequence[Any]) -> str | None:
        """As everywhere, and what the server would change: a CHAR that ends with blanks, a short BINARY or YEAR."""
        return super().refusal(type_, values) or types.changed(type_, values)

    def kept(
        self,
        connection: Connection,  # noqa: ARG002 - it is asked for nothing
        type_: TypeEngine[Any],
        values: Sequence[Any],
    ) -> Sequence[Any] | None:
        """As they are, if the server has them in such columns."""
        return values if types.keeps(type_, values) else None

    def columns_of(self, connection: Connection, table: str, schema: str | None) -> Sequence[Any]:
        """As everywhere, also where names have backquotes or line breaks, and with every default."""
        usual = super().columns_of
        return columns_of(connection, table, schema, lambda: usual(connection, table, schema))

    def refine(self, connection: Connection, table: Table) -> None:
        """Boolean and JSON for what MariaDB reports as integers and strings, and floats as floats."""
        for column in table.columns:
            column.type = types.reflected(column.type)
        texts = {column.name: column for column in table.columns if isinstance(column.type, mysql.LONGTEXT)}
        if not texts:
            return
        clauses = connection.execute(_CHECKS, {"schema": table.schema, "table": table.name}).scalars()
        for name in map(checked_document, clauses):
            if name in texts:
                texts[name].type = mysql.JSON()

    def instead_of_null(self, connection: Connection, table: Table, described: Sequence[Any]) -> frozenset[str]:
        """Those of AUTO_INCREMENT, and a TIMESTAMP that is NOT NULL."""
        del connection, table
        return numbered(described)

    def not_null(self, value: ColumnElement[Any], name: str) -> ColumnElement[Any]:
        """A cast fails."""
        return not_null(value, name)

    def create_as(
        self,
        connection: Connection,
        table: Table,
        columns: Sequence[Named],
        query: SelectBase,
        *,
        temporary: bool = False,
    ) -> int:
        """Declare the types first where there is JSON: CREATE TABLE AS would leave a mere text of it."""
        kinds = {logical_type(type_).name for _, type_ in columns}
        if "json" not in kinds or "unknown" in kinds:
            # The result has DOUBLEs of a FLOAT, which shows as 0.10000000149 there.
            quote = connection.dialect.identifier_preparer.quote
            declared = [f"{quote(name)} FLOAT" for name, type_ in columns if isinstance(type_, types.ShortFloat)]
            parts = [*declared, *filter(None, [self._key(connection, table)])]
            statement = CreateTableAs(table, query, temporary=temporary, declarations=", ".join(parts) or None)
            with self.unchanged(connection, query):
                result = connection.execute(statement, execution_options={"preserve_rowcount": True})
                return self._created(connection, table, result)
        return self.create_declared(connection, table, columns, query, temporary=temporary)

    def begin_together(
        self, connections: Sequence[Connection], tables: Sequence[Table], *, seconds: float | None
    ) -> int:
        """Snapshots that begin while a lock keeps writers off the tables, for a moment; one without that lock."""
        return begin_together(connections, tables, seconds)

    def rename_all(self, connection: Connection, pairs: Sequence[tuple[Table, str]]) -> None:
        """One RENAME TABLE, which is atomic."""
        connection.execute(RenameTables(pairs))

    def explain(self, connection: Connection, query: Select[Any], *, analyze: bool) -> str:
        """The plan as JSON; MariaDB's own way to run a statement for its plan is ANALYZE."""
        keywords = "ANALYZE FORMAT=JSON" if analyze else "EXPLAIN FORMAT=JSON"
        return str(connection.execute(Explain(query, keywords)).scalar_one())

    def create(self, connection: Connection, table: Table) -> None:
        """Create an empty table, with the index of a temporary one: CREATE INDEX would commit."""
        key = self._key(connection, table)
        if key is None:
            super().create(connection, table)
            return
        before, bracket, after = str(CreateTable(table).compile(connection)).rpartition(")")
        connection.exec_driver_sql(f"{before}, {key}{bracket}{after}")

    def _key(self, connection: Connection, table: Table) -> str | None:
        """The index by which a temporary table is searched, as CREATE TABLE declares it."""
        quote = connection.dialect.identifier_preparer.quote
        parts = []
        for name in table.info.get(KEYS, ())[:_MOST_KEYS]:
            type_ = table.columns[name].type
            length = getattr(type_, "length", None)
            if logical_type(type_).name not in _PREFIXED or (length is not None and length <= _KEY_PREFIX):
                parts.append(quote(name))
            elif length is not None or isinstance(type_, sql.Text | sql.LargeBinary):
                parts.append(f"{quote(name)}({_KEY_PREFIX})")  # only the beginning can be indexed
        return f"KEY ({', '.join(parts)})" if parts else None

    def drop(self, connection: Connection, table: Table) -> None:
        """Drop a table; without TEMPORARY, dropping a temporary one would commit the transaction."""
        if not table.info.get(TEMPORARY):
            super().drop(connection, table)
            return
        name = connection.dialect.identifier_preparer.format_table(table)
        connection.exec_driver_sql(f"DROP TEMPORARY TABLE {name}")

    def may_record(self, connection: Connection, table: Table) -> bool:
        """As statements that find no row tell, which need the same grants."""
        nothing = select(*table.columns).where(false())
        try:
            connection.execute(insert(table).from_select(list(table.columns), nothing))
            connection.execute(delete(table).where(false()))
        except DBAPIError as error:
            if self.classify(error) not in {QueryError, ColumnNotFoundError}:
                raise
            return False
        return True

    def replace(self, connection: Connection, old: Table, new: Table) -> None:
        """One RENAME of both tables, which is atomic."""
        aside = Table(f"{new.name}_old", old.metadata, schema=old.schema)
        connection.execute(SwapTables(old, new, aside))
        super().drop(connection, aside)

    def checks(self, connection: Connection, table: Table) -> list[tuple[str | None, str]]:
        """Those of columns and of the table, and that JSON is valid."""
        rows = connection.execute(_EVERY_CHECK, {"schema": table.schema, "table": table.name})
        return [(name, condition) for name, condition in rows]

    def widened(self, held: TypeEngine[Any], given: TypeEngine[Any]) -> TypeEngine[Any] | None:
        """As everywhere; strings stay in their character set."""
        return widened_text(held, given) if logical_type(held).name == "text" else super().widened(held, given)

    def widen(self, connection: Connection, table: Table, column: Column[Any]) -> None:
        """By MODIFY, which states the column anew."""
        widen(connection, table, column)

    def delete_actions(self, connection: Connection, table: Table, *, own: bool) -> list[str]:
        """Of tables in all databases of the server; none while the session does not check foreign keys."""
        rows = connection.execute(_DELETE_ACTIONS, {"schema": table.schema, "name": table.name, "own": own})
        return [f"{child} (ON DELETE {action})" for child, action in rows]

    def canonical_value(self, value: ColumnElement[Any], column: Covered) -> ColumnElement[Any]:
        """Strings in the character set that the hash is made of, whatever that of the column is."""
        return cast(value, mysql.CHAR(charset="utf8mb4")) if column.form == "text" else value

    def landing(self, connection: Connection, table: Table, columns: Sequence[Covered]) -> Landing | str:
        """The rows that each INSERT returns."""
        return landing(self, connection, table, columns)

    def fingerprint(self, connection: Connection, table: Table) -> str | None:
        """The server's own checksum of all rows."""
        name = connection.dialect.identifier_preparer.format_table(table)
        return str(connection.exec_driver_sql(f"CHECKSUM TABLE {name} EXTENDED").one()[1])

    def label(self, connection: Connection, table: Table, text: str) -> None:
        """The comment of the table, which RENAME keeps."""
        connection.execute(SetTableComment(Table(table.name, MetaData(), schema=table.schema, comment=text)))

    def label_of(self, connection: Connection, table: Table) -> str | None:
        """The comment of the table."""
        return inspect(connection).get_table_comment(table.name, schema=table.schema)["text"]


_DELETE_ACTIONS = text(
    "SELECT DISTINCT concat(r.constraint_schema, '.', r.table_name), r.delete_rule"
    " FROM information_schema.referential_constraints r"
    " WHERE @@SESSION.foreign_key_checks = 1 AND r.unique_constraint_schema = coalesce(:schema, database())"
    " AND r.referenced_table_name = :name AND r.delete_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT')"
    " AND (:own OR r.table_name <> r.referenced_table_name OR r.constraint_schema <> r.unique_constraint_schema)"
    " ORDER BY 1"
)

_EVERY_CHECK = text(
    "SELECT constraint_name, check_clause FROM information_schema.check_constraints"
    " WHERE constraint_schema = coalesce(:schema, database()) AND table_name = :table ORDER BY 1, 2"
)

_CHECKS = text(
    "SELECT check_clause FROM information_schema.check_constraints"
    " WHERE constraint_schema = coalesce(:schema, database()) AND table_name = :table AND level = 'Column'"
)
