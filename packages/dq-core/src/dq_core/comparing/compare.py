"""Comparing two sides: arguments are judged, both are opened, what differs is found, the result becomes a document."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from .._shared.wording import repr_of
from ..checks.options import sql_problems as text_problems
from ..errors import RuleError, naming
from ..relation.differences import differences
from ..relation.sides import sides_of
from ..relation.tolerance import Tolerance, tolerance_problems
from ..run.fragments import sql_problems
from ..run.pairs import run_steps
from ..run.reader import Deadline, Progress, Reader, refuse
from ..run.semantics import PORTABLE, dependent_columns, semantics_of
from ..run.validate import checked_arguments
from ..sources.limit import stating
from .comparison import Comparison, comparison_of
from .source import on_one_connection, source_of
from .source import opened as opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import sqlalchemy as sa

    from ..sources import Opened
    from .source import Source

__all__ = ["compare"]


def compare(
    left: Any,
    right: Any,
    keys: Sequence[str] = (),
    *,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    tolerance: float | Mapping[str, float] | None = None,
    samples: int = 20,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
    mask: Iterable[str] = (),
    timeout_seconds: float | None = None,
    on_progress: Callable[[Progress], object] | None = None,
    semantics: str = PORTABLE,
) -> Comparison:
    """Say whether two tables, files or frames hold the same rows, and which rows differ.

    Each side computes a fingerprint of its rows in one scan, where they are. Only if these differ, the sides are asked
    for fingerprints of parts, until the rows that differ are found and fetched.

    Args:
        left: What is right: anything that `dq_core.validate` takes; of a database a pair ``(engine, "table")``, or
            a `Source` with a query or options. A database alone takes ``table``, ``query`` and ``schema``.
        right: What is compared with it, given in the same way.
        keys: The columns that identify a row. Without keys, whole rows are compared: a changed row is one that is
            missing and one that is extra.
        columns: The columns to compare, besides the keys; None for all, which both sides must have then.
        where: A boolean SQL expression: only these rows of both sides. The SQL must be that of both databases.
        tolerance: How far numbers may be apart to count as equal: a number, or a mapping with ``absolute`` and
            ``relative`` (a share of the greater magnitude). Needs keys.
        samples: How many missing, extra and changed rows to keep of each.
        table: The table, for each side that is a database and names none.
        query: A SELECT instead of a table, likewise.
        schema: The schema of the table, likewise.
        mask: Columns whose values the result must not show.
        timeout_seconds: How long it may take, in seconds; the databases stop what still runs then.
        on_progress: Called with a `Progress` after every step.
        semantics: ``"database"`` also compares strings on a database that no conformance suite ran on.

    Returns:
        The comparison; its truth value says whether both sides are equal.

    Raises:
        RuleError: The arguments are wrong, or columns cannot be compared; lists all problems. No row was read.
        SourceError: A side cannot be read, or changes meanwhile.
        ValidationTimeoutError: It took longer than `timeout_seconds`.
    """
    masked = checked_arguments(samples, mask, timeout_seconds, semantics, on_progress)
    chosen_keys = _names("keys", keys)
    chosen = None if columns is None else _names("columns", columns)
    refuse(_wrong(where, tolerance, chosen_keys))
    started_at, deadline = dt.datetime.now(dt.UTC), Deadline(timeout_seconds)
    given = [source_of(one, table, query, schema) for one in (left, right)]
    refuse(_useless(given, {"table": table, "query": query, "schema": schema}))
    with ExitStack() as stack:
        given = list(on_one_connection(stack, given[0], given[1]))
        opened = [_opened(stack, one, side, deadline) for side, one in _sided(given)]
        readers = [
            Reader(one, deadline, hide_values=bool(masked), on_progress=on_progress if place == 0 else None)
            for place, one in enumerate(opened)
        ]
        sides = sides_of(
            opened[0].relation,
            opened[1].relation,
            keys=chosen_keys,
            columns=chosen,
            where=where,
            tolerance=Tolerance.of(tolerance),
            samples=int(samples),
        )
        unfit = [*_unfit(opened, sides.names, masked, semantics)]
        for one in opened:
            one.confine()
        refuse([*unfit, *_unfit_sql(readers, where)])
        found = run_steps(differences(sides), readers[0], readers[1])
        return comparison_of(
            found,
            sides,
            sources=(opened[0].description, opened[1].description),
            masked=masked,
            where=where,
            tolerance=tolerance,
            statements=sum(one.statements for one in readers),
            seconds=deadline.elapsed,
            started_at=started_at,
            semantics="database" if any(semantics_of(one, semantics) != PORTABLE for one in opened) else PORTABLE,
        )


def _sided(values: Sequence[Any]) -> list[tuple[str, Any]]:
    return list(zip(("left", "right"), values, strict=True))


def _opened(stack: ExitStack, source: Source, side: str, deadline: Deadline) -> Opened:
    left = deadline.left()
    with naming(side), stating(deadline):
        return stack.enter_context(opening(source, left))


def _names(what: str, given: Any) -> list[str]:
    """A list of names of columns, without repetitions."""
    names = None if isinstance(given, str | bytes) else given
    listed = list(names) if isinstance(names, list | tuple | set | frozenset) else None
    if listed is None or not all(isinstance(one, str) and one for one in listed):
        raise RuleError([f"{what} must be a list of column names, not {repr_of(given, 80)}."])
    repeated = [one for place, one in enumerate(listed) if one in listed[:place]]
    refuse([f"{what} has duplicate names: {', '.join(map(repr, dict.fromkeys(repeated)))}."] if repeated else ())
    return listed


def _useless(given: Sequence[Source], options: Mapping[str, Any]) -> Iterator[str]:
    """Options for both sides that neither takes."""
    for name, value in options.items():
        if value is not None and all(getattr(one, name) is not value for one in given):
            yield f"{name} is for each side that is a database and names no table and no query: neither side is one."


def _wrong(where: object, tolerance: Any, keys: Sequence[str]) -> Iterator[str]:
    if where is not None:
        yield from text_problems("compare", "where", where)
    yield from tolerance_problems("tolerance", tolerance)
    if tolerance is not None and not keys:
        yield "tolerance requires keys, which say which rows belong together."


def _unfit(opened: Sequence[Opened], names: Sequence[str], masked: frozenset[str], semantics: str) -> Iterator[str]:
    """What does not fit the sources."""
    for column in sorted(masked - set(names)):
        yield f"mask: the column {repr_of(column)} is not compared."
    for side, one in _sided(opened):
        sql = one.relation.dialect.canonical
        problem = None if sql is None else sql.problem(one.connection)
        if problem is not None:
            yield f"The {side} has no fingerprints: {problem}."
        for name in dependent_columns(names, one, semantics):
            yield (
                f"{side}: no conformance suite says what {name} ({one.relation.columns[name].type_name}) is on "
                f'{one.connection.dialect.name}; semantics="database" compares what it gives.'
            )


def _unfit_sql(readers: Sequence[Reader], where: str | None) -> Iterator[str]:
    if where is not None:
        for side, reader in _sided(readers):
            yield from (f"{side}: {problem}" for problem in sql_problems({where: ["where"]}, reader))
