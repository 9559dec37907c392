"""The operator that publishes rows in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from moltres.task import WriteOptions
from moltres_airflow import arguments
from moltres_airflow.base import MoltresOperator
from moltres_airflow.dsn import Dsn
from moltres_airflow.templates import templates_of
from moltres_airflow.writing import keep, write

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from airflow.sdk import Context
    from sqlalchemy import URL

    from moltres.types.receipt import Verify
    from moltres.write import Mode


class MoltresToTableOperator(MoltresOperator):
    """Write what an upstream task handed over into a table, atomically.

    A retry never doubles rows: an ``append`` is recorded in the target database, in the transaction of its rows, under
    ``run_key``, and a try that finds its key there writes nothing.

    Args:
        table_name: The target, ``name`` or ``schema.name``. Template field.
        input_key: XCom key of the rows. Defaults to that under which the upstream task has them. Template field.
        input_task_id: The task that pushed them. Defaults to the one upstream task that has. Template field.
        mode: ``"append"`` (the default), ``"overwrite"``, ``"ignore"``, ``"error_if_exists"``, ``"merge"`` or
            ``"scd2"`` (need ``keys``), or ``"overwrite_partitions"`` (needs ``partition_by``). Template field.
        if_exists: Another name for ``mode``.
        keys: Columns that identify a row, for ``merge`` and ``scd2``. Template field.
        update: Columns that ``merge`` updates; by default all others than the keys, False for none. Template field.
        partition_by: Columns whose values name the partitions to replace. Template field.
        cascade: Whether ``overwrite`` and ``overwrite_partitions`` may change other tables by ON DELETE.
        verify: Whether what landed is compared with what was read; nothing is committed if they differ. With
            ``"columns"`` the receipt says later which columns differ.
        cursor: The column that says when a row was made or changed: with ``append``, ``merge`` and ``scd2`` only rows
            that are new since the last load are written. Template field.
        lag: How much later than rows of a greater cursor a row may become visible in the source. Template field.
        delete_missing: What becomes of rows whose keys are not among these, which are then all of the source: ``merge``
            deletes (``hard``) or marks them (``soft``, ``deleted_at``), ``scd2`` ends them (``close``). Template field.
        delete_at_most: The share of the rows (0 to 1, by default 0.1) that may go; if more would, the task fails.
        valid_from: For ``scd2``, the column that says since when a version is valid (``valid_from``). Template field.
        valid_to: For ``scd2``, the column that says until when it was (``valid_to``). Template field.
        valid_at: For ``scd2``, a timestamp of the rows, or a moment, since when the new versions are valid; by default
            the time of the load. Template field.
        on_schema_change: ``fail`` (the default), ``append_new_columns`` or ``ignore``: what becomes of columns of the
            rows that the table does not have. Template field.
        rejects: ``table`` keeps rows that the table refuses in one with ``_rejects`` behind its name. Template field.
        rejects_at_most: The share of the rows (0 to 1, by default 0.1) that may be; if more would, the task fails.
        run_key: What the load is recorded under. Defaults to DAG, task, run, map index and iteration, the same at every
            try; False records nothing, and a retry may append twice. Template field.
        drop_staged: Whether to drop the staged rows once they are published. Another task can then not read them, and
            this one not be cleared alone.
        input_dsn: Where the staged rows lie, if not in the target's database. Never shown or stored.
        input_conn_id: The same as an Airflow connection. Template field.
        **kwargs: Arguments of :class:`~moltres_airflow.base.MoltresOperator` (``dsn``, ``session``, ``conn_id``,
            ``query_timeout``, ``output_key``, ``do_xcom_push``) and of BaseOperator.

    Raises:
        ConfigurationError: While the DAG is parsed, if anything is wrong with the arguments.
    """

    template_fields: Sequence[str] = (
        *MoltresOperator.template_fields, "table_name", "input_key", "input_task_id", "input_conn_id", "mode", "keys",
        "update", "partition_by", "cursor", "lag", "delete_missing", "valid_from", "valid_to", "valid_at",
        "on_schema_change", "rejects", "run_key",
    )  # fmt: skip

    def __init__(
        self,
        *,
        table_name: str,
        input_key: str | None = None,
        input_task_id: str | None = None,
        mode: Mode | None = None,
        if_exists: Mode | None = None,
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
        run_key: str | Literal[False] | None = None,
        drop_staged: bool = False,
        input_dsn: str | URL | Dsn | None = None,
        input_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        options = WriteOptions(
            table_name=table_name, mode=mode or if_exists or "append", keys=keys, update=update, cascade=cascade,
            partition_by=partition_by, verify=verify, cursor=cursor, lag=lag, delete_missing=delete_missing,
            delete_at_most=delete_at_most, valid_from=valid_from, valid_to=valid_to, valid_at=valid_at,
            on_schema_change=on_schema_change, rejects=rejects, rejects_at_most=rejects_at_most,
            run_key=run_key, drop_staged=drop_staged,
        )  # fmt: skip
        inputs = {"input_dsn": input_dsn, "input_conn_id": input_conn_id}
        problems = [
            *options.problems(unknown=arguments.unknown_yet(options, self.template_fields)),
            *arguments.same("mode", mode, "if_exists", if_exists),
            *arguments.names({"input_key": input_key, "input_task_id": input_task_id, "input_conn_id": input_conn_id}),
            *arguments.urls(inputs, arguments.default_args_of(kwargs), required=False),
        ]
        super().__init__(problems=problems, **kwargs)
        keep(self, options)
        self.input_key, self.input_task_id, self.input_conn_id = input_key, input_task_id, input_conn_id
        self.input_dsn = None if input_dsn is None else Dsn(input_dsn)
        self.templates = templates_of(self)

    def execute(self, context: Context) -> dict[str, Any]:
        """Write the rows.

        Returns:
            ``success``, ``table_name``, ``mode``, ``rows_written``, ``skipped`` (nothing done: an earlier try has
            written these rows, or ``ignore`` found a table) and ``receipt`` (what proves the rows, see
            :class:`moltres.Receipt`; None if nothing does); the same is pushed under ``output_key``.

        Raises:
            AirflowException: If it failed and a retry can help.
            AirflowFailException: If it failed and a retry cannot help.
        """
        return write(self, context)
