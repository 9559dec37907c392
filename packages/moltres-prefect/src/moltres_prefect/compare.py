"""The task that compares two tables."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from dq_core import Source, compare
from moltres.task import compared, options, refuse
from moltres_prefect.call import moltres_task
from moltres_prefect.databases import Dsn, open_target, work_in_database
from moltres_prefect.lineage import leave_artifact, note_reading
from moltres_prefect.options import flag_problems, key_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from dq_core import Comparison
    from moltres import Database


@moltres_task
def moltres_compare(
    *,
    table: str | None = None,
    query: str | None = None,
    schema: str | None = None,
    right_dsn: Dsn = None,
    right_connection: Any = None,
    right_table: str | None = None,
    right_query: str | None = None,
    right_schema: str | None = None,
    right_file: str | None = None,
    keys: Sequence[str] = (),
    columns: Sequence[str] | None = None,
    where: str | None = None,
    tolerance: float | Mapping[str, float] | None = None,
    samples: int = 20,
    mask: Sequence[str] = (),
    semantics: str = "portable",
    dsn: Dsn = None,
    session: Session | Callable[[], Session] | None = None,
    connection: Any = None,
    fail_on_difference: bool = False,
    artifact: bool = True,
    artifact_key: str | None = None,
    query_timeout: float | None = None,
) -> Comparison:
    """Say whether two tables hold the same rows, and leave the comparison as a Markdown artifact.

    The left side, which is right, is in the task's database; the right side is in the same one, in another one, or a
    file.

    Args:
        table: The table of the left side.
        query: A SELECT instead of a table.
        schema: The schema of the table.
        right_dsn: URL of the right side's database, if it is another one; see :func:`moltres_query` for what it can be.
        right_connection: A block of prefect-sqlalchemy instead.
        right_table: The table of the right side.
        right_query: A SELECT instead of a table.
        right_schema: The schema of the table.
        right_file: The path or URI of files instead of a database.
        keys: The columns that identify a row.
        columns: The columns to compare; all by default.
        where: Only these rows of both sides.
        tolerance: How far numbers may be apart: a number, or a mapping with ``absolute`` and ``relative``.
        samples: How many rows of each kind the comparison shows.
        mask: Columns whose values it shows as ``***``.
        semantics: ``"database"`` also compares strings on a database that dq_core has no conformance suite for.
        dsn: See :func:`moltres_query`; the same goes for ``session``, ``connection`` and ``query_timeout``.
        session: A Session, or a function that makes one.
        connection: A block of prefect-sqlalchemy, or ``"type/name"`` of one.
        fail_on_difference: Whether the task fails if the sides differ. By default the flow decides.
        artifact: Whether to leave the artifact.
        artifact_key: Its key; by default made of the flow, the task and the number of its call.
        query_timeout: Seconds after which the left side's database stops a statement.

    Returns:
        The comparison; its truth value says whether both sides are equal.

    Raises:
        ComparisonFailedError: If they differ and ``fail_on_difference`` is set; it carries the comparison.
    """
    places = {"right_dsn": right_dsn, "right_connection": right_connection}
    others = {**places, "right_table": right_table, "right_query": right_query, "right_schema": right_schema}
    problems = [*flag_problems({"fail_on_difference": fail_on_difference, "artifact": artifact})]
    problems += key_problems(artifact_key)
    problems += options.no_database("right_file", right_file, others)
    right = (right_table, right_query, right_schema)
    problems += options.sides((table, query, schema), right, {**places, "right_file": right_file})
    problems += options.one_of(places, required=False)
    refuse("moltres_compare", problems)

    def work(database: Database) -> Comparison:
        with ExitStack() as stack:
            own = stack.enter_context(database.connection())
            other: Any = right_file or own
            target = None
            if right_dsn is not None or right_connection is not None:
                other = target = stack.enter_context(open_target(right_dsn, right_connection, "right_dsn"))
            found: Comparison = compare(
                Source(own, table=table, query=query, schema=schema),
                Source(other, table=right_table, query=right_query, schema=right_schema),
                keys,
                columns=columns,
                where=where,
                tolerance=tolerance,
                samples=samples,
                mask=mask,
                semantics=semantics,
            )
            note_reading(compared(database, target, (table, schema), (right_table, right_schema), right_file))
            return found

    found = work_in_database(work, dsn=dsn, session=session, connection=connection, query_timeout=query_timeout)
    if artifact:
        leave_artifact(found.to_markdown(), artifact_key, "moltres comparison", "Comparison")
    if fail_on_difference:
        found.raise_if_different()
    return found
