"""The task that hands rows over, and the one that removes what was left for the next task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moltres.handoff import MAX_INLINE_ROWS, drop_staged
from moltres.handoff.reference import MARKER
from moltres.task import HandoffOptions, refuse, run_query
from moltres.task.options import string
from moltres_prefect.call import moltres_task
from moltres_prefect.databases import Dsn, work_in_database
from moltres_prefect.identity import key_of_run
from moltres_prefect.iterators import refuse_read_before
from moltres_prefect.lineage import log, note_reading
from moltres_prefect.queries import query_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.orm import Session

    from moltres import Database, DataFrame, Records, Reference
    from moltres.task.options import Handoff


@moltres_task
def moltres_query(
    *,
    query: Callable[..., DataFrame] | str | Path,
    dsn: Dsn = None,
    session: Session | Callable[[], Session] | None = None,
    connection: Any = None,
    parameters: Mapping[str, Any] | None = None,
    inputs: Any = (),
    query_timeout: float | None = None,
    max_inline_rows: int = MAX_INLINE_ROWS,
    handoff: Handoff = "auto",
    stage_uri: str | Path | None = None,
    run_key: str | None = None,
) -> Records | Reference:
    """Run a query and hand its rows to the next task.

    Few rows are handed over as they are. Many stay in the database (a staged table) or go to Parquet, and a reference
    is handed over; ``moltres.handoff.rows_of`` reads both.

    Args:
        query: Gets the database and returns a DataFrame; with ``inputs`` it also gets each of them as a DataFrame. Or
            SQL, or the path of a ``.sql`` file.
        dsn: URL of the database: a string, a SQLAlchemy URL, a SecretStr, a Secret block, or the name of a Secret
            block. Give this, or ``session``, or ``connection``, or set ``MOLTRES_DSN``.
        session: A SQLAlchemy Session, which the flow commits; or a function that makes one, which the task commits.
        connection: A block of prefect-sqlalchemy, or ``"type/name"`` of one.
        parameters: Values for the ``:name`` of SQL, never part of its text.
        inputs: What other tasks handed over, one value or a list of several.
        query_timeout: Seconds after which the database stops a statement.
        max_inline_rows: Up to so many rows are handed over inline.
        handoff: ``"auto"``, ``"inline"``, ``"table"`` or ``"parquet"``.
        stage_uri: Folder (path or URI) for Parquet.
        run_key: Names the staged rows; by default this call in this flow run.

    Returns:
        The rows, or a reference to them.

    Raises:
        ConfigurationError: If an argument cannot work.
        HandoffError: If the rows cannot be handed over like this.
    """
    values = _several(inputs)
    what = query_of("moltres_query", query, parameters, inputs=bool(values))
    options = HandoffOptions(max_inline_rows=max_inline_rows, handoff=handoff, stage_uri=stage_uri)
    named = () if run_key is None else string("run_key", run_key)
    refuse("moltres_query", [*options.problems(), *named])
    refuse_read_before("moltres_query", inputs=values)
    name = key_of_run(run_key, "moltres_query.fn")

    def work(database: Database) -> Records | Reference:
        outcome = run_query(database, what, values, name=name, options=options)
        note_reading(outcome.lineage)
        log(outcome.summary)
        return outcome.value

    return work_in_database(work, dsn=dsn, session=session, connection=connection, query_timeout=query_timeout)


@moltres_task
def moltres_drop_staged(
    *,
    data: Any,
    dsn: Dsn = None,
    session: Session | Callable[[], Session] | None = None,
    connection: Any = None,
) -> int:
    """Drop what query tasks have staged, when no task needs it any more.

    Args:
        data: What was handed over, one value or a list of several. Rows that were handed over inline are no error.
        dsn: Where the staged tables lie; see :func:`moltres_query`.
        session: A Session, or a function that makes one.
        connection: A block of prefect-sqlalchemy, or ``"type/name"`` of one.

    Returns:
        How many staged tables and files were dropped.
    """
    return work_in_database(
        lambda database: drop_staged(database, data), dsn=dsn, session=session, connection=connection, optional=True
    )


def _several(inputs: Any) -> list[Any]:
    if not isinstance(inputs, list | tuple):
        return [inputs]
    rows = bool(inputs) and all(isinstance(item, Mapping) and MARKER not in item for item in inputs)
    return [inputs] if rows else list(inputs)
