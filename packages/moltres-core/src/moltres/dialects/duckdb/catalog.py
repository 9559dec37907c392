"""What DuckDB's catalog says of tables: what reflection does not say, or takes long for."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from duckdb_sqlalchemy import datatypes
from sqlalchemy import MetaData, Table, inspect, literal_column, select, text
from sqlalchemy import types as sql
from sqlalchemy.dialects import postgresql

from ..._shared.duckdb_names import without_case
from ..base import Told
from .types import SHORT_STAMPS, Native, ShortStamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Select
    from sqlalchemy.types import TypeEngine

TABLE_SQL = text(
    "SELECT sql FROM duckdb_tables() WHERE database_name = current_database()"
    " AND schema_name = :schema AND table_name = :name"
)

CHECKS_SQL = text(
    "SELECT expression FROM duckdb_constraints() WHERE database_name = current_database()"
    " AND schema_name = :schema AND table_name = :name AND constraint_type = 'CHECK' ORDER BY constraint_index"
)

_NAMED = (
    "SELECT view_name, true FROM duckdb_views() WHERE lower(view_name) = lower(:table) UNION ALL"
    " SELECT table_name, false FROM duckdb_tables() WHERE lower(table_name) = lower(:table) AND schema_name = {}"
    " AND database_name = {}"
)
_COLUMNS = 'SELECT cid, name, type, "notnull", dflt_value FROM pragma_table_info({})'
_HERE = """CASE WHEN position('"' IN current_database()) = 0 THEN '"' || current_database() || '".' || :name END"""
_STATEMENTS = tuple(
    (text(_NAMED.format(schema, database)), text(_COLUMNS.format(name)))
    for schema, database, name in (
        ("'main' AND current_schema() = 'main'", "current_database()", ":name"),
        (":schema", "current_database()", _HERE),
        (":schema", ":database", ":name"),
    )
)
"""Which views and which table have a name, and the columns of the table.

Without a schema, with one, and with a database and a schema. SQLAlchemy compares the names of schemas by their case;
DuckDB looks into main as well, whatever the search path says, and takes letters beyond ASCII for others in capitals.
Asked for the columns of what is not there, or of a view whose file is missing, it ends the transaction.
"""

_TYPES: dict[str, Callable[[], TypeEngine[Any]]] = {
    "BOOLEAN": sql.BOOLEAN,
    "TINYINT": datatypes.TinyInteger,
    "SMALLINT": sql.SMALLINT,
    "INTEGER": sql.INTEGER,
    "BIGINT": sql.BIGINT,
    "HUGEINT": datatypes.HugeInteger,
    "UTINYINT": datatypes.UTinyInteger,
    "USMALLINT": datatypes.USmallInteger,
    "UINTEGER": datatypes.UInteger,
    "UBIGINT": datatypes.UBigInteger,
    "FLOAT": sql.REAL,
    "DOUBLE": sql.DOUBLE,
    "VARCHAR": sql.String,
    "BLOB": sql.LargeBinary,
    "DATE": sql.DATE,
    "TIME": postgresql.TIME,
    "TIMESTAMP": postgresql.TIMESTAMP,
    "TIMESTAMP_S": partial(ShortStamp, 0),
    "TIMESTAMP_MS": partial(ShortStamp, 3),
    "TIMESTAMP_NS": datatypes.TimestampNs,
    "TIMESTAMP WITH TIME ZONE": partial(sql.TIMESTAMP, timezone=True),
    "UUID": sql.UUID,
    "JSON": sql.JSON,
}
"""What SQLAlchemy makes of the types that have no parts."""
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def told(connection: Connection, table: str, schema: str | None) -> Told | None:
    """As `Dialect.told`: what DuckDB says of the table that has the name.

    None also where it may be a view, and for names whose quotes its functions lose.
    """
    parts = _parts(connection, table, schema)
    named = [] if parts is None else _named(connection, parts)
    if parts is None or [view for _, view in named] != [False]:
        return None
    columns_of = _STATEMENTS[len(parts) - 1][1]
    name = ".".join(f'"{part}"' for part in parts)
    rows = connection.execute(columns_of, {"name": name}).all()
    columns = [
        {"name": row.name, "type": _type(row.type), "nullable": not row.notnull, "default": row.dflt_value}
        for row in sorted(rows)
    ]
    rare = any(column["type"] is None for column in columns)
    return Told(named[0][0], reflected(connection, table, schema) if rare else columns)


def spelled(connection: Connection, table: str, schema: str | None) -> str:
    """As `Dialect.spelled`."""
    parts = _parts(connection, table, schema)
    return table if parts is None else next((name for name, view in _named(connection, parts) if not view), table)


def _parts(connection: Connection, table: str, schema: str | None) -> list[str] | None:
    """The database, the schema and the name of a table, as far as they are given; None if the functions lose quotes."""
    place = [] if schema is None else [*connection.dialect.identifier_preparer.unformat_identifiers(schema)]
    if len(place) not in ({0} if schema is None else {1, 2}) or getattr(schema, "quote", None):
        return None
    parts = [*place, table]
    return None if any(not part or '"' in part for part in parts) else parts


def _named(connection: Connection, parts: Sequence[str]) -> list[tuple[str, bool]]:
    """The views and the table that DuckDB takes the name for, each with whether it is a view."""
    asked = dict(zip(("table", "schema", "database"), reversed(parts), strict=False))
    found = connection.execute(_STATEMENTS[len(parts) - 1][0], asked).all()
    return [(name, view) for name, view in found if without_case(name) == without_case(parts[-1])]


def _type(written: str) -> TypeEngine[Any] | None:
    if digits := _DECIMAL.fullmatch(written):
        return sql.Numeric(int(digits[1]), int(digits[2]))
    return _TYPES[written]() if written in _TYPES else None


def reflected(connection: Connection, table: str, schema: str | None) -> Sequence[Any]:
    """What SQLAlchemy says of the columns of a table or view.

    It reads all time stamps as TIMESTAMP, and BIT, which has any number of bits here, as PostgreSQL's, which has one.

    Args:
        connection: Where it is.
        table: Its name.
        schema: Its schema; None for the default.
    """
    found: Sequence[Any] = [
        {**column, "type": Native()} if isinstance(column["type"], postgresql.BIT) else column
        for column in inspect(connection).get_columns(table, schema=schema)
    ]
    if not any(isinstance(column["type"], sql.DateTime) for column in found):
        return found
    everything: Select[Any] = select(literal_column("*")).select_from(Table(table, MetaData(), schema=schema))
    kinds = {name: type_.id for name, type_ in described(connection, everything)}
    return [
        {**column, "type": ShortStamp(SHORT_STAMPS[kinds[column["name"]]])}
        if kinds.get(column["name"]) in SHORT_STAMPS
        else column
        for column in found
    ]


def described(connection: Connection, query: Select[Any]) -> list[tuple[str, Any]]:
    """Names and types of a result, in DuckDB's own words."""
    result: Any = connection.execute(select(literal_column("*")).select_from(query.subquery()).limit(0))
    found = [(column[0], column[1]) for column in result.cursor.description]
    result.close()
    return found


def schema_of(connection: Connection, table: Table) -> str:
    """The schema of a table without its database."""
    return (table.schema or connection.dialect.default_schema_name or "main").rpartition(".")[2]


def is_generated(name: str, statement: str) -> bool:
    """Whether the text of a table, as DuckDB writes it, has a generated column of this name."""
    quoted = name.replace('"', '""')
    column = rf'[(,]\s*("{re.escape(quoted)}"|{re.escape(name)})\s[^,()]*(\([^()]*\)[^,()]*)*?GENERATED ALWAYS AS'
    return re.search(column, statement, re.IGNORECASE) is not None
