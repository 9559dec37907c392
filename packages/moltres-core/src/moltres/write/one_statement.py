"""What cannot be asked of a database where each statement is a commit, and what lets such a statement fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, case, func, literal, null, select
from sqlalchemy import cast as sql_cast
from sqlalchemy import false as sql_false

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, FromClause, Select

    from ..types.arrow import Named
    from .request import WriteRequest
    from .target import Target

_CHANGES_ROWS = frozenset({"overwrite", "merge", "overwrite_partitions"})


def require_one_statement(target: Target, request: WriteRequest) -> None:
    """Refuse what one statement cannot do, before any work.

    Args:
        target: The table.
        request: What was asked for.

    Raises:
        ConfigurationError: If the database cannot do it.
    """
    capabilities = target.dialect.capabilities
    place = f"The catalog of {target.name!r} ({target.dialect.connector})"
    if request.run_key is not None and not capabilities.run_keys:
        raise ConfigurationError(
            f"{place} keeps no snapshots, so that a run_key cannot promise that a retry adds nothing.",
            suggestion="Leave run_key out, or write to a catalog with Iceberg tables.",
        )
    for what, why, instead in _asked(request):
        raise ConfigurationError(f"{place} commits each statement: {what} is not supported, {why}.", suggestion=instead)
    if target.table is not None and request.mode in _CHANGES_ROWS and not capabilities.replaces_rows:
        raise ConfigurationError(
            f"{place} cannot change or replace rows: mode={request.mode!r} is not possible for a table that exists.",
            suggestion="Use mode='append', or write to a catalog with Iceberg tables.",
        )


def _asked(request: WriteRequest) -> Iterator[tuple[str, str, str]]:
    """What is asked for that takes more than one statement, why, and what can be done instead."""
    if request.mode == "scd2":
        instead = "Keep the history in another database, or write snapshots by mode='overwrite_partitions'."
        yield "mode='scd2'", "which takes several", instead
    if request.cursor is not None:
        yield (
            "cursor",
            "whose watermark is recorded with the rows",
            "Filter the frame, and merge by keys.",
        )
    if request.delete_missing is not None:
        yield "delete_missing", "which takes several", "Use mode='overwrite' with all rows of the source."
    if request.rejects is not None:
        yield "rejects", "which writes to two tables", "Filter the rows before, or write to another database."
    if request.on_schema_change != "fail":
        instead = "Add the columns first, or select those of the table."
        yield "on_schema_change", "which changes the table first", instead


def no_row_unless(holds: ColumnElement[bool], known: FromClause, columns: Sequence[Named], message: str) -> Select[Any]:
    """No row, or an error unless a condition holds: a part of a statement, which fails then.

    Args:
        holds: The condition.
        known: The one row that it is on.
        columns: The columns of the statement.
        message: What the error says if it does not hold.
    """
    nothing = [sql_cast(null(), type_).label(name) for name, type_ in columns]
    failure = func.fail(literal(message), type_=Boolean())
    return select(*nothing).select_from(known).where(case((holds, sql_false()), else_=failure))
