"""Types of columns that become ones that hold more. MODIFY states the whole column anew, as the server itself does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import mysql

from ...errors import ConfigurationError
from ...types.logical import logical_type

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, Table
    from sqlalchemy.types import TypeEngine

_MOST_CHARACTERS = 16_383
"""Of a VARCHAR with four bytes for each: a row has at most 65 535 bytes."""


def widened_text(held: TypeEngine[Any], given: TypeEngine[Any]) -> TypeEngine[Any]:
    """Strings that may be longer, in the character set and the order of those that are there.

    Args:
        held: The type of the column.
        given: The type of what is to come.
    """
    length = logical_type(given).length
    alike: dict[str, Any] = {name: getattr(held, name, None) for name in ("charset", "collation")}
    return mysql.LONGTEXT(**alike) if length is None or length > _MOST_CHARACTERS else mysql.VARCHAR(length, **alike)


def widen(connection: Connection, table: Table, column: Column[Any]) -> None:
    """Change the type of a column, and keep NOT NULL, its default, comment, checks and all else.

    Args:
        connection: Where the table is.
        table: The table.
        column: The column with its new type.

    Raises:
        ConfigurationError: If what the server says of the column cannot be read.
    """
    name = connection.dialect.identifier_preparer.format_table(table)
    statement = str(connection.exec_driver_sql(f"SHOW CREATE TABLE {name}").one()[1])
    quoted = f"`{column.name.replace('`', '``')}`"
    doubled = column.name.replace('"', '""')
    named = rf'(?:{re.escape(quoted)}|"{re.escape(doubled)}")'  # the latter with ANSI_QUOTES
    declared = re.search(
        rf"^  {named} \w+(?:\([\d, ]*\))?(?: unsigned)?(?: zerofill)?(.*?),?$", statement, re.MULTILINE
    )
    if declared is None:
        raise ConfigurationError(
            f"The column {column.name!r} cannot be widened: what MariaDB says of it cannot be stated anew.",
            suggestion="Change its type by ALTER TABLE before the load.",
        )
    kind = logical_type(column.type)
    if kind.name == "text":  # the character set is among the rest
        type_ = "longtext" if kind.length is None else f"varchar({kind.length})"
    else:
        type_ = connection.dialect.type_compiler_instance.process(column.type)
    stated = f"{quoted} {type_}{declared[1]}".replace("%", "%%")  # the driver takes it for a format, as of the name
    connection.exec_driver_sql(f"ALTER TABLE {name} MODIFY COLUMN {stated}")
