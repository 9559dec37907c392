"""Strings in tables of dq-core itself, compared by code points on every database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

__all__ = ["ExactText"]


class ExactText(sa.types.TypeDecorator[str]):
    """Strings that are compared by code points; with a length, short ones.

    MariaDB and MySQL take their default collation for a column unless it names one, and those know neither case nor
    accents.

    Args:
        length: The most characters; None for any number.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """The type in a database."""
        if dialect.name in ("mysql", "mariadb"):
            exact = {
                "charset": "utf8mb4",
                "collation": "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin",
            }
            return mysql.LONGTEXT(**exact) if self.length is None else mysql.VARCHAR(self.length, **exact)
        return sa.Text() if self.length is None else sa.String(self.length)
