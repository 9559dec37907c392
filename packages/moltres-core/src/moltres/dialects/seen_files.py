"""What a frame reads as it was when the frame was made: what was found out about it holds for nothing else."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from sqlalchemy import FromClause
from sqlalchemy.sql.visitors import iterate

from .._shared.files.readers import changed_files, stamps_of
from .._shared.masking import masked
from .._shared.statements import driver_connection
from ..errors import TransientQueryError
from .sql.owned import require_own_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection
    from sqlalchemy.sql import ClauseElement

    from .._shared.files.readers import Paths

__all__ = ["Seen", "SeenFiles", "remember", "require_unchanged", "see", "unchanged"]

_FromClause = TypeVar("_FromClause", bound=FromClause)

_SEEN: Final = "moltres_seen"
"""The attribute by which something to select from knows what its rows were."""


class Seen(Protocol):
    """Rows as they were."""

    def require_unchanged(self, connection: Connection, statement: ClauseElement) -> None:
        """Make sure that they are the same.

        Args:
            connection: Where they were read.
            statement: What reads them.

        Raises:
            MoltresError: If they are others now.
        """


class SeenFiles:
    """Files, and what they were.

    Args:
        paths: As they were given.
        stamps: What tells whether they are still the same, by name.
    """

    def __init__(self, paths: Paths, stamps: Mapping[str, Any]) -> None:
        self.paths = paths
        self.stamps = stamps

    def require_unchanged(self, connection: Connection, statement: ClauseElement) -> None:
        """As `Seen` says.

        Raises:
            TransientQueryError: If some have changed. What was read is of no use, since types and conversions are those
                of the files before.
        """
        del statement
        now = see(connection, self.paths)
        if changed := changed_files(self.stamps, {} if now is None else now.stamps):
            raise TransientQueryError(
                f"{len(changed):,} of the files have changed since the frame was made, such as {masked(changed[0])!r}.",
                suggestion="Read the files again when nothing writes them: replace a file by renaming another to its"
                " name, and then make the frame.",
            )


def see(connection: Connection, paths: Paths) -> SeenFiles | None:
    """Note what files are, before anything is found out about them; None if that cannot be told.

    Args:
        connection: Where they are read.
        paths: The files.
    """
    import duckdb

    with suppress(duckdb.Error, OSError):
        return SeenFiles(paths, stamps_of(driver_connection(connection), paths))
    return None


def remember(found: _FromClause, seen: Seen | None) -> _FromClause:
    """Let what is selected from know what its rows were; a copy that SQLAlchemy makes of it knows that too."""
    if seen is not None:
        setattr(found, _SEEN, (*getattr(found, _SEEN, ()), seen))
    return found


@contextmanager
def unchanged(connection: Connection, statement: ClauseElement) -> Iterator[None]:
    """Make sure that what a statement reads is of its database, and at its end what it was when its frame was made.

    Args:
        connection: Where it runs.
        statement: The statement.

    Raises:
        ConfigurationError: If a part is of another database.
        MoltresError: If it has changed.
    """
    require_own_parts(connection.engine, statement)
    yield
    require_unchanged(connection, statement)


def require_unchanged(connection: Connection, statement: ClauseElement) -> None:
    """Make sure that what a statement reads is still what it was when its frame was made.

    Args:
        connection: Where it is read.
        statement: The statement.

    Raises:
        MoltresError: If it has changed.
    """
    for seen in {id(one): one for part in iterate(statement) for one in getattr(part, _SEEN, ())}.values():
        seen.require_unchanged(connection, statement)
