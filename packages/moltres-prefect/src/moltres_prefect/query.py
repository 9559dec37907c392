"""The task that hands rows over, and the one that removes what was left for the next task."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal

from moltres.errors import ConfigurationError
from moltres.handoff import MAX_INLINE_ROWS, drop_staged, frame_of, hand_over
from moltres_prefect.call import key_of_run, moltres_task
from moltres_prefect.databases import Dsn, work_in_database
from moltres_prefect.lineage import note_reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.orm import Session

    from moltres import Database, DataFrame, Records, Reference


@moltres_task
def moltres_query(
    *,
    query: Callable[..., DataFrame],
    dsn: Dsn = None,
    session: Session | Callable[[], Session] | None = None,
    connection: Any = None,
    inputs: Any = (),
    query_timeout: float | None = None,
    max_inline_rows: int = MAX_INLINE_ROWS,
    handoff: Literal["auto", "inline", "table", "parquet"] = "auto",
    stage_uri: str | Path | None = None,
    run_key: str | None = None,
) -> Records | Reference:
    """Run a query and hand its rows to the next task.

    Few rows are handed over as they are. Many stay in the database (a staged table) or go to Parquet, and a reference
    is handed over.

    Args:
        query: Gets the database and returns a DataFrame; with ``inputs`` it also gets each of them as a DataFrame.
        dsn: Address of the database: a URL, a SecretStr, a Secret block, or the name of a Secret block. Give this, or
            ``session``, or ``connection``, or set ``MOLTRES_DSN``.
        session: A SQLAlchemy Session, which the flow commits; or a function that makes one, which the task commits.
        connection: A block of prefect-sqlalchemy, or ``"type/name"`` of one.
        inputs: What other tasks handed over, one value or a list of several.
        query_timeout: Seconds after which the database stops a statement.
        max_inline_rows: Up to so many rows are handed over inline.
        handoff: ``"auto"``, ``"inline"``, ``"table"`` or ``"parquet"``.
        stage_uri: Folder (path or URI) for Parquet.
        run_key: Names the staged rows; by default this call in this flow run.

    Returns:
        The rows, or a reference to them.
    """
    if not callable(query):
        raise ConfigurationError(f"query must be a function of the database, got {type(query).__name__}.")
    name = key_of_run(run_key)

    def work(database: Database) -> Records | Reference:
        with ExitStack() as stack:
            frames = [
                stack.enter_context(frame_of(database, value, name=f"{name} input {number}"))
                for number, value in enumerate(_several(inputs))
            ]
            frame = frame_from(query(database, *frames))
            note_reading(frame)
            return hand_over(
                frame,
                name=name,
                max_inline_rows=max_inline_rows,
                mode=handoff,
                stage_uri=stage_uri,
                stage_in=database,
            )

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


def frame_from(result: Any) -> DataFrame:
    """What a query has returned, if it is a frame."""
    if not hasattr(result, "statement"):
        raise ConfigurationError(
            f"query must return a DataFrame, got {type(result).__name__}.",
            suggestion='Leave .collect() out: lambda db: db.table("users").select().',
        )
    frame: DataFrame = result
    return frame


def _several(inputs: Any) -> list[Any]:
    rows = isinstance(inputs, list) and bool(inputs) and all(isinstance(item, dict) for item in inputs)
    return list(inputs) if isinstance(inputs, list | tuple) and not rows else [inputs]
