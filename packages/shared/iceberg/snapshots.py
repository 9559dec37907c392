"""Which snapshot of a table is meant, and which snapshots are its history."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ..problems import InvalidOptionError
from ..wording import question, repr_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.table.snapshots import Snapshot

__all__ = ["VERSION", "AsOf", "Version", "ancestors", "as_of_problems", "snapshot_of", "version_at", "versions_of"]

AsOf: TypeAlias = int | str | dt.datetime
"""A snapshot id, the name of a branch or tag, or a time."""

VERSION: Final = r"@\d{1,19}(?:v\d{1,9})?"
"""What follows the name of a table in the name of a snapshot of it."""
_VERSION = re.compile(r"(?P<name>.+)@(?P<snapshot>\d{1,19})(?:v(?P<schema>\d{1,9}))?", re.DOTALL)


class Version(NamedTuple):
    """A snapshot of a table.

    Attributes:
        name: The table.
        snapshot_id: The snapshot.
        schema_id: The columns that it is read with; None for those that the snapshot was written with.
    """

    name: str
    snapshot_id: int
    schema_id: int | None = None

    def __str__(self) -> str:
        """The name that the snapshot has in statements."""
        return f"{self.name}@{self.snapshot_id}" + ("" if self.schema_id is None else f"v{self.schema_id}")


def version_at(table: Table, name: str, as_of: AsOf) -> Version:
    """The snapshot of a table that is meant, with the columns that it is read with.

    A branch has the columns that the table has now, everything else those that the snapshot was written with.

    Args:
        table: The table.
        name: Its name.
        as_of: See `snapshot_of`.
    """
    found = snapshot_of(table, as_of)
    ref = table.metadata.refs.get(as_of) if isinstance(as_of, str) else None
    is_branch = ref is not None and ref.snapshot_ref_type == "branch"
    return Version(name, found, table.metadata.current_schema_id if is_branch else None)


def versions_of(name: str) -> Version | None:
    """The snapshot that such a name means; None if it is no such name."""
    found = _VERSION.fullmatch(name)
    if found is None:
        return None
    return Version(found["name"], int(found["snapshot"]), None if found["schema"] is None else int(found["schema"]))


def as_of_problems(as_of: object) -> Iterator[str]:
    """What is wrong with a value of ``as_of``."""
    if isinstance(as_of, bool) or not isinstance(as_of, int | str | dt.datetime) or as_of == "":
        yield (
            "as_of must be a snapshot id, the name of a branch or tag, or a time (datetime or ISO 8601) with a zone,"
            f" not {repr_of(as_of, 80)}."
        )
    elif isinstance(as_of, dt.datetime) and as_of.tzinfo is None:
        yield f"as_of must have a time zone: {as_of.isoformat()} is another moment in each."


def snapshot_of(table: Table, as_of: AsOf) -> int:
    """The id of the snapshot that is meant.

    Args:
        table: The table.
        as_of: A snapshot id (also as a string of digits), the name of a branch or tag, or a time with a zone: then the
            snapshot that was current at that time.

    Raises:
        InvalidOptionError: If there is none.
    """
    problem = next(as_of_problems(as_of), None)
    if problem is not None:
        raise InvalidOptionError(problem)
    name = ".".join(table.name())
    if isinstance(as_of, str) and as_of in table.metadata.refs:
        return table.metadata.refs[as_of].snapshot_id
    if isinstance(as_of, str) and as_of.isdigit():
        as_of = int(as_of)
    if isinstance(as_of, int):
        if table.metadata.snapshot_by_id(as_of) is None:
            raise InvalidOptionError(
                f"The table {name} has no snapshot {as_of}; it may have expired.", suggestion=_known(table)
            )
        return as_of
    moment = as_of if isinstance(as_of, dt.datetime) else _moment(as_of)
    if moment is None:
        raise InvalidOptionError(
            f"The table {name} has no branch or tag {as_of!r}.{question(str(as_of), table.metadata.refs)}",
            suggestion=_known(table),
        )
    problem = next(as_of_problems(moment), None)
    if problem is not None:
        raise InvalidOptionError(problem)
    milliseconds = int(moment.timestamp() * 1000)
    found = [entry.snapshot_id for entry in table.metadata.snapshot_log if entry.timestamp_ms <= milliseconds]
    if not found or table.metadata.snapshot_by_id(found[-1]) is None:
        raise InvalidOptionError(
            f"The table {name} has no snapshot of {moment.isoformat()}: it is younger, or that snapshot has expired.",
            suggestion=_known(table),
        )
    return found[-1]


def _moment(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def _known(table: Table) -> str:
    """The newest snapshots, for a suggestion."""
    newest = sorted(table.metadata.snapshots, key=lambda one: one.timestamp_ms)[-5:]
    shown = [f"{one.snapshot_id} ({_utc(one.timestamp_ms)})" for one in newest]
    names = [name for name in table.metadata.refs if name != "main"]
    return f"Its newest snapshots: {', '.join(shown) or 'none'}." + (
        f" Branches and tags: {', '.join(names)}." if names else ""
    )


def _utc(milliseconds: int) -> str:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).isoformat(timespec="seconds")


def ancestors(metadata: TableMetadata, snapshot_id: int | None) -> Iterator[Snapshot]:
    """A snapshot and those that it was made from, as far as they have not expired."""
    seen: set[Any] = set()
    while snapshot_id is not None and snapshot_id not in seen:
        seen.add(snapshot_id)
        snapshot = metadata.snapshot_by_id(snapshot_id)
        if snapshot is None:
            return
        yield snapshot
        snapshot_id = snapshot.parent_snapshot_id
