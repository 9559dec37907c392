"""The task that publishes rows in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from moltres import connect
from moltres.task import WriteOptions, WriteOutcome, refuse, run_write
from moltres_prefect.call import moltres_task
from moltres_prefect.databases import Dsn, open_target, work_in_database
from moltres_prefect.identity import CallKey, key_of_append
from moltres_prefect.iterators import refuse_read_before
from moltres_prefect.lineage import log, note_writing

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from sqlalchemy.orm import Session

    from moltres import Database
    from moltres.types.receipt import Verify
    from moltres.write import Mode


@moltres_task
def moltres_to_table(
    *,
    table_name: str,
    data: Any,
    dsn: Dsn = None,
    session: Session | Callable[[], Session] | None = None,
    connection: Any = None,
    mode: Mode = "append",
    keys: str | Sequence[str] | None = None,
    update: bool | str | Sequence[str] | None = None,
    partition_by: str | Sequence[str] | None = None,
    cascade: bool = False,
    verify: Verify = True,
    cursor: str | None = None,
    lag: dt.timedelta | str | Decimal | int | None = None,
    delete_missing: Literal["hard", "soft", "close"] | None = None,
    delete_at_most: float | None = None,
    valid_from: str | None = None,
    valid_to: str | None = None,
    valid_at: dt.datetime | str | None = None,
    on_schema_change: Literal["fail", "append_new_columns", "ignore"] = "fail",
    rejects: Literal["table"] | None = None,
    rejects_at_most: float | None = None,
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
        mode: ``"append"``, ``"overwrite"``, ``"ignore"``, ``"error_if_exists"``, ``"merge"``,
            ``"overwrite_partitions"`` or ``"scd2"``: what to do with rows that are there already.
        keys: Columns that identify a row, for ``mode="merge"`` and ``mode="scd2"``.
        update: Columns that ``mode="merge"`` updates; by default all others than the keys, False for none.
        partition_by: Columns whose values name the partitions to replace, for ``mode="overwrite_partitions"``.
        cascade: Whether ``"overwrite"`` and ``"overwrite_partitions"`` may delete or change rows of other tables which
            follow the rows that they replace by ON DELETE. Without it such a table is refused.
        verify: Whether rows from elsewhere are proved: the fingerprint of what landed is compared with that of what was
            read, and nothing is committed if they differ. With ``"columns"`` the receipt says later which columns
            differ.
        cursor: The column that says when a row was made or changed: with ``"append"``, ``"merge"`` and ``"scd2"``
            only rows that are new since the last load are written.
        lag: How much later than rows of a greater cursor a row may become visible in the source, as in "10 minutes".
        delete_missing: What becomes of rows whose keys are not among these, which are then all of the source:
            ``mode="merge"`` deletes them (``"hard"``) or sets their ``deleted_at`` (``"soft"``), ``mode="scd2"`` ends
            their versions (``"close"``).
        delete_at_most: The share of the rows (0 to 1, by default 0.1) that may go; if more would, the task fails.
        valid_from: For ``mode="scd2"``, the column that says since when a version is valid, by default ``valid_from``.
        valid_to: For ``mode="scd2"``, the column that says until when it was, by default ``valid_to``.
        valid_at: For ``mode="scd2"``, a timestamp of the rows, or a moment, since when the new versions are valid; by
            default the time of the load.
        on_schema_change: ``"fail"``, ``"append_new_columns"`` or ``"ignore"``: what becomes of columns of the rows that
            the table does not have.
        rejects: ``"table"`` keeps rows that the table refuses in one with ``_rejects`` behind its name, and loads the
            others.
        rejects_at_most: The share of the rows (0 to 1, by default 0.1) that may be rejected; if more would, the task
            fails.
        input_dsn: Where staged rows lie, if not in the target's database.
        run_key: What an append is recorded under, in the transaction of its rows; an attempt that finds the key there
            adds nothing. By default this call in this flow run: calls are told apart by their table and their order, so
            give keys of your own (to ``map`` a list) where a retried flow may make other calls than before. False
            records nothing.
        drop_staged: Whether to drop the staged rows once they are written, because no other task needs them.
        query_timeout: Seconds after which the database stops a statement.

    Returns:
        ``success``, ``table_name``, ``mode``, ``rows_written``, ``skipped`` (an earlier attempt had written them) and
        ``receipt`` (what proves the rows, see :class:`moltres.Receipt`; None if nothing does).

    Raises:
        ConfigurationError: If an argument cannot work; also in a plain thread beside a flow, which has no run_key.
        MoltresError: If the rows cannot be written; the table is as it was.
    """
    options = WriteOptions(
        table_name=table_name,
        mode=mode,
        keys=keys,
        update=update,
        partition_by=partition_by,
        cascade=cascade,
        verify=verify,
        cursor=cursor,
        lag=lag,
        delete_missing=delete_missing,
        delete_at_most=delete_at_most,
        valid_from=valid_from,
        valid_to=valid_to,
        valid_at=valid_at,
        on_schema_change=on_schema_change,
        rejects=rejects,
        rejects_at_most=rejects_at_most,
        run_key=None if isinstance(run_key, CallKey) else run_key,
        drop_staged=drop_staged,
    )
    refuse("moltres_to_table", options.problems())
    refuse_read_before("moltres_to_table", data=data)
    key = options.key(lambda: key_of_append(run_key or None, table_name))

    def work(database: Database) -> WriteOutcome:
        if input_dsn is None:
            return run_write(database, database, data, options, run_key=key)
        with open_target(input_dsn, None, "input_dsn") as where, connect(where, query_timeout=query_timeout) as source:
            return run_write(database, source, data, options, run_key=key)

    outcome = work_in_database(work, dsn=dsn, session=session, connection=connection, query_timeout=query_timeout)
    note_writing(outcome)
    log(outcome.summary)
    return outcome.to_dict()
