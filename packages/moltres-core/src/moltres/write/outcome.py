"""What a write has done, and what makes it refuse its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, or_, select

from .._shared.wording import plural, repr_of
from ..errors import ColumnNotFoundError, WriteError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause

    from ..dialects import Dialect
    from ..frame.source import Incremental, Rejects
    from ..types.receipt import Receipt


@dataclass(frozen=True)
class Written:
    """What a write has done.

    Attributes:
        inserted: Rows that were added.
        updated: Rows that existed and got new values.
        deleted: Rows that the source no longer has, and that were deleted, marked or closed.
        closed: Versions that ended.
        unchanged: Rows whose version stays.
        created: Whether the table is new.
        skipped: Whether nothing was done.
        receipt: What proves it; None if nothing does.
        recorded: Whether the receipt is recorded with the rows.
        schema_changes: How the columns of the table or of the rows were changed.
        rejects: The rows that the table has refused, if they are kept.
        incremental: How far a load of what is new has read.
    """

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    closed: int = 0
    unchanged: int = 0
    created: bool = False
    skipped: bool = False
    receipt: Receipt | None = None
    recorded: bool = False
    incremental: Incremental | None = None
    rejects: Rejects | None = None
    schema_changes: tuple[str, ...] = ()

    @property
    def recorded_receipt(self) -> str | None:
        """The receipt as it is recorded."""
        return None if self.receipt is None else self.receipt.to_json()


class LoadedMeanwhileError(Exception):
    """Another load with the same key is finished: what this one wrote must be rolled back, or is not begun."""


def require_columns(names: Sequence[str], existing: Sequence[str], what: str) -> None:
    """Make sure that the rows have columns.

    Args:
        names: The columns.
        existing: Those of the rows.
        what: The option that names them.

    Raises:
        ColumnNotFoundError: If some are missing.
    """
    missing = [name for name in names if name not in existing]
    if missing:
        raise ColumnNotFoundError.of(missing, existing, where=f"the rows ({what})")


def check_keys(connection: Connection, dialect: Dialect, rows: FromClause, keys: Sequence[str]) -> None:
    """Make sure that each row has a key of its own.

    Args:
        connection: Where the rows are.
        dialect: The database.
        rows: The rows to merge.
        keys: The columns that tell them apart.

    Raises:
        WriteError: If keys are NULL or duplicates.
    """
    values = [dialect.by_code_points(dialect.comparable(rows.columns[key])) for key in keys]
    columns = [value.label(f"key_{place}") for place, value in enumerate(values)]
    # One statement for both counts: where each is a commit of its own, each takes its time.
    grouped = select(*columns, func.count().label("n")).group_by(*values).subquery()
    n = grouped.columns.n
    found = [grouped.columns[column.name] for column in columns]
    missing: ColumnElement[bool] = or_(*(column.is_(None) for column in found))
    counts = select(func.sum(case((missing, n), else_=0)), func.count(case((n > 1, 1))))
    nulls, duplicates = (int(count or 0) for count in connection.execute(counts).one())
    faults = [f"{plural(nulls, 'row')} with NULL keys"] if nulls else []
    faults += [plural(duplicates, "repeated key")] if duplicates else []
    if faults:
        some = connection.execute(select(*found).where(n > 1 if duplicates else missing).limit(1)).one()
        raise WriteError(
            f"The rows cannot be merged by {', '.join(map(repr, keys))}: {' and '.join(faults)}, such as"
            f" {shown_key(keys, some)}. Nothing was changed.",
            suggestion="Filter such rows, or reduce them with group_by() or distinct().",
            context={"null_keys": nulls, "repeated_keys": duplicates},
        )


def stays(table: str, rows: int) -> WriteError:
    """The error of rows that a statement has left as they were.

    Args:
        table: The name of their table.
        rows: How many they are; 0 if that is not known.
    """
    number = f"{rows:,} " if rows else ""
    return WriteError(
        f"The table {table!r} keeps {number}rows as they were that the load deletes or changes: by a trigger, a rule or"
        " a policy. Nothing was changed.",
        suggestion="Write as a role that may change them, or drop the trigger; if that is meant, pass verify=False.",
    )


def shown_key(keys: Sequence[str], values: Sequence[Any]) -> str:
    """A key for people.

    Args:
        keys: The columns.
        values: Their values.
    """
    return ", ".join(f"{key}={repr_of(value, 80)}" for key, value in zip(keys, values, strict=False))
