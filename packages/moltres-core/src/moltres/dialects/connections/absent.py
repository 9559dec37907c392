"""A database file that does not exist, while it is only read: an empty database in memory stands in for it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, event
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from ..._shared.databases.connecting import missing_file_hint
from ..._shared.masking import masked, scrubbed
from ...errors import DatabaseAccessError, TableNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

# What tells the tables of a database, and would say that it has none.
_CATALOGS = re.compile(
    r"information_schema|pg_catalog|sqlite_(master|schema)|pragma_(?!table_xinfo)|pragma\s+database_list"
    r"|duckdb_(columns|constraints|databases|dependencies|indexes|schemas|sequences|tables|types|views)"
    r"|show\s+(all\s+)?(tables|databases)|\bpg_(class|tables|views|attribute|namespace)\b",
    re.IGNORECASE,
)


def stand_in(url: URL) -> URL:
    """The URL of an empty database of the same kind, in memory."""
    kept = {name: value for name, value in url.query.items() if name not in _OF_FILES}
    return url.set(database=":memory:", query=kept)


_OF_FILES = frozenset({"access_mode", "read_only", "mode", "uri", "cache", "nolock", "immutable", "vfs"})


def refuse_catalogs(engine: Engine, file: Path) -> None:
    """Let no statement ask the stand-in for the tables of the file."""

    def check(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if _CATALOGS.search(statement):
            raise missing(file)

    event.listen(engine, "before_cursor_execute", check)


@contextmanager
def connected(engine: Engine, file: Path) -> Iterator[Connection]:
    """A connection to the stand-in.

    Raises:
        DatabaseAccessError: If something is read that only the file could have.
    """
    driver_error: type[BaseException] = engine.dialect.loaded_dbapi.Error
    with engine.connect() as connection:
        try:
            yield connection
        except (NoSuchTableError, TableNotFoundError):
            raise missing(file) from None
        except (DBAPIError, driver_error) as error:
            said = error.orig if isinstance(error, DBAPIError) else error
            raise missing(file, scrubbed(str(said).strip())) from None


def missing(file: Path, said: str = "") -> DatabaseAccessError:
    """The error for a file that does not exist.

    Args:
        file: The file.
        said: What the stand-in said.
    """
    name = masked(str(file))
    return DatabaseAccessError(
        f"The file {name!r} does not exist, so there is no database to read." + (f" ({said})" if said else ""),
        suggestion=missing_file_hint(file) or "Writing a table makes the file.",
        context={"file": name},
    )
