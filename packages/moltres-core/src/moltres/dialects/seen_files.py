"""Files as they were when a frame of them was made: what was found out about them holds for no others."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.sql.visitors import iterate

from .._shared.files import stamps_of
from .._shared.masking import masked
from .._shared.statements import driver_connection
from ..errors import TransientQueryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, FromClause
    from sqlalchemy.sql import ClauseElement

    from .._shared.files import Paths

__all__ = ["Seen", "remember", "see", "unchanged"]

_SEEN: Final = "moltres_seen"
"""The attribute by which something to select from knows what its files were."""


class Seen:
    """Files, and what they were.

    Args:
        paths: As they were given.
        stamps: What tells whether they are still the same, by name.
    """

    def __init__(self, paths: Paths, stamps: Mapping[str, Any]) -> None:
        self.paths = paths
        self.stamps = stamps


def see(connection: Connection, paths: Paths) -> Seen | None:
    """Note what files are, before anything is found out about them; None if that cannot be told.

    Args:
        connection: Where they are read.
        paths: The files.
    """
    import duckdb

    with suppress(duckdb.Error, OSError):
        return Seen(paths, stamps_of(driver_connection(connection), paths))
    return None


def remember(found: FromClause, seen: Seen | None) -> FromClause:
    """Let what is selected from know what its files were; a copy that SQLAlchemy makes of it knows that too."""
    setattr(found, _SEEN, seen)
    return found


@contextmanager
def unchanged(connection: Connection, statement: ClauseElement) -> Iterator[None]:
    """Make sure that the files of a statement are at its end those that they were when its frame was made.

    Args:
        connection: Where it runs.
        statement: The statement.

    Raises:
        TransientQueryError: If some have changed. What was read is of no use, since types and conversions are those of
            the files before.
    """
    yield
    for seen in {id(one): one for part in iterate(statement) if (one := getattr(part, _SEEN, None))}.values():
        now = see(connection, seen.paths)
        stamps: Mapping[str, Any] = {} if now is None else now.stamps
        changed = sorted(name for name in {*seen.stamps, *stamps} if seen.stamps.get(name) != stamps.get(name))
        if changed:
            raise TransientQueryError(
                f"{len(changed)} files have changed since the frame was made, such as {masked(changed[0])!r}.",
                suggestion="Read the files again when nothing writes them: replace a file by renaming another to its"
                " name, and then make the frame.",
            )
