"""Lengths that no declaration states: a value that is longer than such a column holds is refused.

From a column to such a column MariaDB copies the bytes, and takes their number modulo 256 or 65 536: 300 bytes become
44, in strict mode as well, by INSERT … SELECT and by UPDATE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, cast, func
from sqlalchemy import types as sql
from sqlalchemy.dialects import mysql

from ..base.refusals import said

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ...types.arrow import Named

__all__ = ["UNDECLARED", "refused", "within"]

UNDECLARED: Final = (sql.TEXT, sql.BLOB, mysql.TINYTEXT, mysql.MEDIUMTEXT, mysql.TINYBLOB, mysql.MEDIUMBLOB)
"""Types of such columns; the LONG ones hold all that the server can send."""


def _most(type_: Any) -> int:
    """The bytes that a column holds: https://mariadb.com/kb/en/data-type-storage-requirements/."""
    if isinstance(type_, mysql.TINYTEXT | mysql.TINYBLOB):
        return 2**8 - 1
    return 2**24 - 1 if isinstance(type_, mysql.MEDIUMTEXT | mysql.MEDIUMBLOB) else 2**16 - 1


def within(value: ColumnElement[Any], column: Named) -> ColumnElement[Any]:
    """A value, or a cast that fails with the column in its error.

    Args:
        value: The value.
        column: Name and type of the column.
    """
    size: ColumnElement[int] = func.octet_length(value)
    return case((size > _most(column[1]), cast(refused(column, size, " bytes"), mysql.CHAR)), else_=value)


def refused(column: Named, *shown: Any) -> ColumnElement[int]:
    """A cast that fails with the column in its error.

    Args:
        column: Name and type of the column.
        shown: What stands for the value in the error.
    """
    before, after = said(column[0])
    return cast(func.concat(before, *shown, after), sql.Integer)
