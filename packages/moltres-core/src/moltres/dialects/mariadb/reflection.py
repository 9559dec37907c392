"""What SQLAlchemy does not read of ``SHOW CREATE TABLE``: names with quotes or line breaks, some defaults."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.dialects.mysql.reflection import MySQLTableDefinitionParser

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

_ODD = re.compile(r"[`\"\r\n]")
_PERIOD = ("ROW START", "ROW END")

_COLUMNS = text(
    "SELECT column_name AS name, column_type AS type, is_nullable AS nullable, column_default AS fallback,"
    " collation_name AS collation, extra, generation_expression AS generated FROM information_schema.columns"
    " WHERE table_schema = coalesce(:schema, database()) AND table_name = :table ORDER BY ordinal_position"
)


def columns_of(
    connection: Connection, table: str, schema: str | None, usual: Callable[[], Sequence[Any]]
) -> Sequence[Any]:
    """What `Inspector.get_columns` should say of a table or view.

    Args:
        connection: Where it is.
        table: Its name.
        schema: Its schema.
        usual: What it does say.
    """
    rows = connection.execute(_COLUMNS, {"schema": schema, "table": table}).mappings().all()
    if not any(_ODD.search(row["name"]) or row["generated"] in _PERIOD for row in rows):
        # It sees no default that is the next value of a sequence, and none of a column that is invisible.
        told = {row["name"]: row for row in rows}
        return [_completed(column, told.get(column["name"], {})) for column in usual()]
    # As the server itself would write the table, but with names that can be read.
    dialect: Any = connection.engine.dialect
    quoted = dialect.identifier_preparer.quote_identifier  # in the quotes that the parser looks for
    lines = [f"  {quoted(f'c{number}')} {_declared(row)}" for number, row in enumerate(rows)]
    statement = f"CREATE TABLE {quoted('t')} (\n" + ",\n".join(lines) + "\n)"
    parser = MySQLTableDefinitionParser(dialect, dialect.identifier_preparer)
    columns: Sequence[Any] = parser.parse(statement, "utf8mb4").columns
    return [{**_completed(column, row), "name": row["name"]} for column, row in zip(columns, rows, strict=True)]


def _completed(column: Any, row: Any) -> dict[str, Any]:
    """A column as it is described, with what only the server says of it."""
    stamped = "on update" in (row.get("extra") or "").lower()
    found = {**column, "default": column.get("default") or row.get("fallback"), "stamped": stamped}
    if "auto_increment" in (row.get("extra") or "").lower():  # which the server leaves out in some modes
        found["autoincrement"] = True
    if row.get("generated") is not None:  # also ROW START and ROW END
        found.setdefault("computed", {"sqltext": row["generated"], "persisted": "STORED" in row["extra"]})
    return found


def _declared(row: Any) -> str:
    parts = [row["type"]]
    if row["collation"] is not None:
        parts.append(f"COLLATE {row['collation']}")
    if row["generated"] is not None:
        kind = "STORED" if "STORED" in row["extra"] else "VIRTUAL"
        return " ".join([*parts, f"GENERATED ALWAYS AS ({row['generated']}) {kind}"])
    if row["nullable"] == "NO":
        parts.append("NOT NULL")
    if row["fallback"] is not None:
        parts.append(f"DEFAULT {row['fallback']}")
    if "auto_increment" in row["extra"].lower():
        parts.append("AUTO_INCREMENT")
    return " ".join(parts)
