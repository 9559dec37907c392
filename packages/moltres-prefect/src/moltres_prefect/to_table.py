"""The task that publishes rows in a table."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Literal

from prefect.logging import get_run_logger

from moltres import connect
from moltres.handoff import drop_staged as remove_staged
from moltres.handoff import pick_up
from moltres_prefect.call import CallKey, key_of_run, moltres_task
from moltres_prefect.databases import Dsn, address_of, work_in_database
from moltres_prefect.lineage import note_writing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from moltres import Database

_RECORDED: Final = ("append", "error_if_exists")
"""Modes in which an attempt must know what the one before did; the others come to the same however often they run."""


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
        run_key = key_of_run(run_key) if mode in _RECORDED else False
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


def _names(columns: str | Sequence[str] | None) -> list[str] | None:
    return [columns] if isinstance(columns, str) else columns if columns is None else list(columns)
