"""The options of tasks, and what is wrong with them: everything at once, before any work is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy.orm import Session

from .. import errors
from .._shared.arguments import choice, flag, seconds, string, strings, without_secrets
from .._shared.wording import question
from ..handoff.options import Handoff, HandoffOptions
from ..types.receipt import verify_problems
from ..write.load_log import key_problems
from ..write.request import mode_problems

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from decimal import Decimal

    from ..frame.source import DeleteMissing, OnSchemaChange
    from ..types.receipt import Verify
    from ..write import Mode

    _Side = tuple[object, object, object]

__all__ = [
    "RECORDED", "Handoff", "HandoffOptions", "WriteOptions", "choice", "flag", "no_database", "one_of", "refuse",
    "require_session", "seconds", "session", "side", "sides", "string", "strings", "unknown", "without_secrets",
]  # fmt: skip

RECORDED: Final = ("append", "error_if_exists")
"""Modes in which a try must know what the one before it did; the others come to the same however often they run."""


@dataclass(frozen=True, kw_only=True)
class WriteOptions:
    """How a task writes.

    Attributes:
        table_name: The target, ``name`` or ``schema.name``.
        mode: What to do with rows that are there already.
        keys: Columns that identify a row, for ``merge`` and ``scd2``.
        update: Columns that ``merge`` updates; None or True for all others than the keys, False for none.
        partition_by: Columns whose values name the partitions to replace, for ``overwrite_partitions``.
        cascade: Whether rows of other tables may go or change with the rows that ``overwrite`` and
            ``overwrite_partitions`` delete.
        verify: Whether rows from elsewhere are proved: what landed is compared with what was read before the commit;
            ``"columns"`` lets `moltres.verify` say later which columns differ.
        cursor: The column that says when a row was made or changed, to write only what is new with ``append``,
            ``merge`` and ``scd2``.
        lag: How much later than rows of a greater cursor a row may become visible in the source.
        delete_missing: What becomes of rows that are not among all of the source: for ``merge`` ``hard`` or ``soft``,
            for ``scd2`` ``close``.
        delete_at_most: The share of the rows that may go.
        valid_from: For ``scd2``, the column that says since when a version is valid.
        valid_to: For ``scd2``, the column that says until when it was.
        valid_at: For ``scd2``, a timestamp of the rows, or a moment, since when the new versions are valid.
        on_schema_change: What becomes of columns of the rows that the table does not have.
        rejects: ``table`` keeps rows that the table refuses beside it, with the reason, and loads the others.
        rejects_at_most: The share of the rows that may be rejected.
        run_key: What the load is recorded under; None for the task in its run, False to record nothing.
        drop_staged: Whether to drop the staged rows once they are written.
    """

    table_name: str
    mode: Mode = "append"
    keys: str | Sequence[str] | None = None
    update: bool | str | Sequence[str] | None = None
    partition_by: str | Sequence[str] | None = None
    cascade: bool = False
    verify: Verify = True
    cursor: str | None = None
    lag: dt.timedelta | str | Decimal | int | None = None
    delete_missing: DeleteMissing | None = None
    delete_at_most: float | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    valid_at: dt.datetime | str | None = None
    on_schema_change: OnSchemaChange = "fail"
    rejects: Literal["table"] | None = None
    rejects_at_most: float | None = None
    run_key: str | Literal[False] | None = None
    drop_staged: bool = False

    def problems(self, *, unknown: Collection[str] = ()) -> Iterator[str]:
        """What is wrong with them.

        Args:
            unknown: The options whose values are not known yet.
        """
        if "table_name" not in unknown:
            yield from string("table_name", self.table_name)
        yield from mode_problems(**self.of_mode(), unknown=unknown)
        if isinstance(self.run_key, str) and "run_key" not in unknown:
            yield from key_problems(self.run_key)
        elif self.run_key is not None and self.run_key is not False and "run_key" not in unknown:
            yield f"run_key must be a string, False or None, not {self.run_key!r}."
        if "verify" not in unknown:
            yield from verify_problems(self.verify)
        if "drop_staged" not in unknown:
            yield from flag("drop_staged", self.drop_staged)

    def of_mode(self) -> dict[str, Any]:
        """The mode and its options as `Writer.save_as_table` takes them."""
        return {
            "mode": self.mode,
            "keys": _names(self.keys),
            "update": self.update if isinstance(self.update, bool) else _names(self.update),
            "partition_by": _names(self.partition_by),
            "cascade": self.cascade,
            "cursor": self.cursor or None,
            "lag": None if self.lag == "" else self.lag,
            "delete_missing": self.delete_missing or None,
            "delete_at_most": self.delete_at_most,
            "valid_from": self.valid_from or None,
            "valid_to": self.valid_to or None,
            "valid_at": self.valid_at or None,
            "on_schema_change": self.on_schema_change,
            "rejects": self.rejects or None,
            "rejects_at_most": self.rejects_at_most,
        }

    def key(self, run: Callable[[], str | None]) -> str | None:
        """What the load is recorded under; None to record nothing.

        Args:
            run: Names the task in its run; asked only where that name is needed.
        """
        if self.run_key is None:
            return run() if self.mode in RECORDED else None
        return self.run_key or None


def refuse(what: str, problems: Iterable[str]) -> None:
    """Raise one error for all problems, if there are any.

    Args:
        what: The task.
        problems: A sentence for each.

    Raises:
        ConfigurationError: With a line for each problem.
    """
    errors.refuse(problems, f"{what} cannot work with these arguments", always_headed=True)


def _names(columns: Any) -> Any:
    """A single name as a list, an empty string of a template as none; what is no list of names stays as it is."""
    if isinstance(columns, str):
        return [columns] if columns else None
    return list(columns) if isinstance(columns, Sequence | AbstractSet) else columns


def unknown(given: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    """Arguments that do not exist."""
    names = sorted(known)
    for name in given:
        if name not in names:
            yield f"There is no argument {name!r}.{question(name, names)}"


def session(given: object) -> Iterator[str]:
    """What is no Session, nor makes one; None is not given."""
    if given is not None and not isinstance(given, Session) and not callable(given):
        yield f"session must be a Session of SQLAlchemy or a function that makes one, not {type(given).__name__}."


def require_session(made: object) -> None:
    """Make sure that what a function gave is a Session.

    Raises:
        ConfigurationError: If it is none.
    """
    if not hasattr(made, "commit") or not hasattr(made, "get_bind"):
        raise errors.ConfigurationError(f"session gave {type(made).__name__}, not a Session of SQLAlchemy.")


def no_database(name: str, file: object, others: Mapping[str, object]) -> Iterator[str]:
    """What says where a database is, or what is in it, beside files that take its place.

    Args:
        name: The argument with the files.
        file: Its value; None is not given.
        others: The arguments about the database, by name.
    """
    given = [one for one, value in others.items() if value is not None]
    if file is not None and given:
        yield f"{name} is no database: leave out {', '.join(given)}."


def side(table: object, query: object, schema: object, prefix: str = "") -> Iterator[str]:
    """What does not say which rows of a database a side of a comparison is.

    Args:
        table: The table; None is not given.
        query: A SELECT instead.
        schema: The schema of the table.
        prefix: What the names of these arguments begin with.
    """
    if (table is None) == (query is None):
        yield f"Give exactly one of {prefix}table and {prefix}query."
    elif schema is not None and table is None:
        yield f"{prefix}schema is that of {prefix}table, which is not given."


def sides(left: _Side, right: _Side, places: Mapping[str, object]) -> Iterator[str]:
    """What does not say which rows the sides of a comparison are, or makes both of them the same rows.

    Args:
        left: Table, query and schema of the left side.
        right: Those of the right side.
        places: Where else the right side may be, by the names of the arguments, ``right_file`` among them.
    """
    yield from side(*left)
    if places["right_file"] is None:
        yield from side(*right, "right_")
    if left == right and any(left) and not any(value is not None for value in places.values()):
        yield f"Both sides are the same rows of one database: give one of {', '.join(places)}, or other rows."


def one_of(given: dict[str, Any], *, required: bool) -> Iterator[str]:
    """Arguments of which one at most may be given.

    Args:
        given: The arguments by name; None is not given.
        required: Whether one must be.
    """
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1 or (required and not named):
        yield f"Give exactly one of {', '.join(given)}, not {' and '.join(named) or 'none'}."
