"""What opening a source gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._shared.duckdb_literals import as_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from ..relation.relation import Relation

__all__ = ["Opened"]


@dataclass(frozen=True)
class Opened:
    """A source that is open for reading.

    Attributes:
        connection: Runs the statements.
        relation: What to select from.
        description: What it is, for people; without secrets.
        owns_transaction: Whether the transaction was begun here; otherwise it is the caller's.
        secrets: Strings that nothing may show.
        files: The files that a DuckDB of this package has opened; None for a database of the caller.
        sql_note: A comment before SQL in reports that says what its names are, where they are no tables of a database.
        sound: Fragments of SQL of which is known that they compute one expression, and nothing else.
        more_memory: Lets a database of this process take the memory again that scans do without; None if it always has.
    """

    connection: Connection
    relation: Relation
    description: str
    owns_transaction: bool = True
    secrets: tuple[str, ...] = field(default=(), repr=False)
    files: list[str] | None = field(default=None, repr=False)
    sql_note: str = ""
    sound: frozenset[str] = frozenset()
    more_memory: Callable[[], None] | None = field(default=None, repr=False)

    def confine(self, *more: str) -> None:
        """Close a DuckDB of this package, for good, to all files but those that it has opened, and to settings.

        Args:
            more: Further files that it may write.
        """
        if self.files is None:
            return
        raw: Any = self.connection.connection.dbapi_connection
        every = dict.fromkeys(name for path in (*self.files, *more) for name in (path, as_pattern(path)))
        paths = ", ".join("'" + path.replace("'", "''") + "'" for path in every)
        raw.execute("SET allowed_directories = [current_setting('temp_directory')]")
        raw.execute(f"SET allowed_paths = [{paths}]")
        raw.execute("SET enable_external_access = false")
        raw.execute("SET lock_configuration = true")
