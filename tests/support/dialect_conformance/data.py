"""Rows that the suites write, and how they are read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from moltres import Database

OLD = [{"id": 1, "name": "Ada", "n": 10}, {"id": 2, "name": "Grace", "n": 20}, {"id": 3, "name": None, "n": None}]
NEW = [{"id": 2, "name": "grace ", "n": 21}, {"id": 4, "name": "", "n": 40}]

EVERY_MODE: list[tuple[str, dict[str, list[str]]]] = [
    ("append", {}),
    ("overwrite", {}),
    ("merge", {"keys": ["id"]}),
    ("overwrite_partitions", {"partition_by": ["id"]}),
    ("ignore", {}),
    ("error_if_exists", {}),
]
"""The modes, with the options that each needs for `OLD` and `NEW`."""

CHANGING_MODES = EVERY_MODE[:4]
"""Those that change a table which is there."""


def run(db: Database, *statements: str, **values: Any) -> None:
    """Run statements of the database itself, in a transaction where it has them."""
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values if ":" in statement else {})
    db.forget()


def rows(db: Database, table: str = "t", key: str = "id") -> list[dict[str, Any]]:
    """All rows of a table, in the order of a column."""
    return list(db.table(table).order_by(key).collect())
