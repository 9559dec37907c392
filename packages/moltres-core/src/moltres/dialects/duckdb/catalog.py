"""What DuckDB's catalog says of tables that reflection does not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

TABLE_SQL = text(
    "SELECT sql FROM duckdb_tables() WHERE database_name = current_database()"
    " AND schema_name = :schema AND table_name = :name"
)

CHECKS_SQL = text(
    "SELECT expression FROM duckdb_constraints() WHERE database_name = current_database()"
    " AND schema_name = :schema AND table_name = :name AND constraint_type = 'CHECK' ORDER BY constraint_index"
)

OWN_NUMBER_SQL = text(
    "SELECT count(*) FROM duckdb_columns()"
    " WHERE schema_name = :schema AND table_name = :name AND lower(column_name) = 'rowid'"
)


def schema_of(connection: Connection, table: Table) -> str:
    """The schema of a table without its database."""
    return (table.schema or connection.dialect.default_schema_name or "main").rpartition(".")[2]


def is_generated(name: str, statement: str) -> bool:
    """Whether the text of a table, as DuckDB writes it, has a generated column of this name."""
    quoted = name.replace('"', '""')
    column = rf'[(,]\s*("{re.escape(quoted)}"|{re.escape(name)})\s[^,()]*(\([^()]*\)[^,()]*)*?GENERATED ALWAYS AS'
    return re.search(column, statement, re.IGNORECASE) is not None
