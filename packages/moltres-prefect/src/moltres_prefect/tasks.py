"""The tasks: query, write, check, and drop what was staged in between."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import uuid4

from prefect.context import TaskRunContext
from prefect.logging import get_run_logger

from dq_core import Suite
from moltres import connect
from moltres.errors import ConfigurationError
from moltres.handoff import MAX_INLINE_ROWS, frame_of, hand_over, pick_up
from moltres.handoff import drop_staged as remove_staged
from moltres_prefect.call import CallKey, moltres_task
from moltres_prefect.databases import Dsn, address_of, work_in_database
from moltres_prefect.lineage import leave_artifact, note_reading, note_writing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    from dq_core import Report
    from moltres import Database, DataFrame, Records, Reference

_RECORDED: Final = ("append", "error_if_exists")
"""Modes in which an attempt must know what the one before did; the others come to the same however often they run."""


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
    name = _run_key(run_key)

    def work(database: Database) -> Records | Reference:
        with ExitStack() as stack:
            frames = [
                stack.enter_context(frame_of(database, value, name=f"{name} input {number}"))
                for number, value in enumerate(_several(inputs))
            ]
            frame = _frame(query(database, *frames))
            note_reading(frame)
            return hand_over(frame, name=name, max_inline_rows=max_inline_rows, mode=handoff, stage_uri=stage_uri)

    return work_in_database(work, dsn=dsn, session=session, connection=connection, query_timeout=query_timeout)


@moltres_task
def moltres_to_table(
    *,
    table_name: str,
    data: Any,
    dsn: Dsn = None,
    session: Session | Callable[[], Session] | None = None,
    connection: Any = None,
    mode: Literal["append", "overwrite", "ignore", "error_if_exists", "merge", "overwrite_partitions"] = "append",
    keys: str | Sequence[str] | None = None,
    partition_by: str | Sequence[str] | None = None,
    input_dsn: Dsn = None,
    run_key: str | Literal[False] | None = None,
    drop_staged: bool = False,
    query_timeout: float | None = None,
) -> dict[str, Any]:
    """Write rows into a table, atomically; a retry of the task or of the flow never doubles them.

    Args:
        table_name: The target, ``name`` or ``schema.name``.
        data: What a query task handed over, Records, a list of dicts, a frame of moltres, pandas, Polars or Arrow.
        dsn: See :func:`moltres_query`; the same goes for ``session``, ``connection`` and ``query_timeout``.
        session: A Session, or a function that makes one.
        connection: A block of prefect-sqlalchemy, or ``"type/name"`` of one.
        mode: What to do with rows that are there already.
        keys: Columns that identify a row, for ``mode="merge"``.
        partition_by: Columns whose values name the partitions to replace, for ``mode="overwrite_partitions"``.
        input_dsn: Where staged rows lie, if not in the target's database.
        run_key: What an append is recorded under, in the transaction of its rows; an attempt that finds the key there
            adds nothing. By default this call in this flow run: calls are told apart by their table and their order, so
            give keys of your own (to ``map`` a list) where a retried flow may make other calls than before. False
            records nothing.
        drop_staged: Whether to drop the staged rows once they are written, because no other task needs them.
        query_timeout: Seconds after which the database stops a statement.

    Returns:
        ``success``, ``table_name``, ``mode``, ``rows_written`` and ``skipped`` (an earlier attempt had written them).
    """
    if run_key is None or isinstance(run_key, CallKey):
        run_key = _run_key(run_key) if mode in _RECORDED else False
    key = run_key or None

    def work(database: Database) -> dict[str, Any]:
        with ExitStack() as stack:
            source = database if input_dsn is None else stack.enter_context(connect(address_of(input_dsn)))
            written = database.write(pick_up(source, data)).save_as_table(
                table_name, mode=mode, keys=_names(keys), partition_by=_names(partition_by), run_key=key
            )
            note_writing(database, written)
            if drop_staged:
                remove_staged(source, data)
        if written.skipped and key is not None:
            get_run_logger().warning("An earlier attempt had written these rows: nothing was added. run_key=%s", key)
        return {
            "success": True,
            "table_name": written.table_name,
            "mode": mode,
            "rows_written": written.rows_written,
            "skipped": written.skipped,
        }

    return work_in_database(work, dsn=dsn, session=session, connection=connection, query_timeout=query_timeout)


@moltres_task
def moltres_data_quality(
    *,
    checks: Sequence[Any],
    query: Callable[[Database], DataFrame] | None = None,
    data: Any = None,
    dsn: Dsn = None,
    session: Session | Callable[[], Session] | None = None,
    connection: Any = None,
    fail_on_error: bool = False,
    fail_fast: bool = False,
    artifact: bool = True,
    artifact_key: str | None = None,
    query_timeout: float | None = None,
) -> Report:
    """Check rows where they are, and leave the report as a Markdown artifact.

    Args:
        checks: Rules: made by ``DataQualityCheck``, or dicts.
        query: Gets the database and returns the DataFrame to check. Give this or ``data``.
        data: What another task handed over. Rows that were handed over inline need no database.
        dsn: See :func:`moltres_query`; the same goes for ``session``, ``connection`` and ``query_timeout``.
        session: A Session, or a function that makes one.
        connection: A block of prefect-sqlalchemy, or ``"type/name"`` of one.
        fail_on_error: Whether the task fails if the checks fail. By default the flow decides, by the report.
        fail_fast: Whether to stop at the first failure.
        artifact: Whether to leave the artifact.
        artifact_key: Its key; by default made of the flow, the task and the number of its call.
        query_timeout: Seconds after which the database stops a statement.

    Returns:
        The report; ``report["overall_status"]`` is ``"passed"`` or ``"failed"``.

    Raises:
        CheckFailedError: If checks failed and ``fail_on_error`` is set; it carries the report.
    """
    if (query is None) == (data is None):
        raise ConfigurationError(f"Give either query or data to check, not {'both' if query else 'neither'}.")
    suite = Suite(checks)

    def work(database: Database) -> Report:
        source = pick_up(database, data) if query is None else _frame(query(database))
        report: Report = suite(source, fail_fast=fail_fast)
        return report

    report = work_in_database(
        work,
        dsn=dsn,
        session=session,
        connection=connection,
        query_timeout=query_timeout,
        optional=data is not None,
    )
    if artifact:
        leave_artifact(report.to_markdown(), artifact_key)
    if fail_on_error:
        report.raise_if_failed()
    return report


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
        lambda database: remove_staged(database, data), dsn=dsn, session=session, connection=connection, optional=True
    )


def _run_key(given: str | None) -> str:
    """What names this run: given by the call, or that of a task run which no flow has started."""
    if given is not None:
        return given
    context = TaskRunContext.get()
    # Without a task run (the function behind the task was called) every call is a run of its own.
    return f"prefect/{uuid4() if context is None else context.task_run.id}"


def _several(inputs: Any) -> list[Any]:
    rows = isinstance(inputs, list) and bool(inputs) and all(isinstance(item, dict) for item in inputs)
    return list(inputs) if isinstance(inputs, list | tuple) and not rows else [inputs]


def _frame(result: Any) -> DataFrame:
    if not hasattr(result, "statement"):
        raise ConfigurationError(
            f"query must return a DataFrame, got {type(result).__name__}.",
            suggestion='Leave .collect() out: lambda db: db.table("users").select().',
        )
    frame: DataFrame = result
    return frame


def _names(columns: str | Sequence[str] | None) -> list[str] | None:
    return [columns] if isinstance(columns, str) else columns if columns is None else list(columns)
