"""The operator that publishes rows in a table."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from moltres.handoff import drop_staged, pick_up
from moltres_airflow import arguments
from moltres_airflow.base import MoltresOperator, default_args_of
from moltres_airflow.database import airflow_errors, engine_of
from moltres_airflow.dsn import Dsn
from moltres_airflow.inputs import find_input
from moltres_airflow.lineage import Lineage, handed_over, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context
    from sqlalchemy import URL

    from moltres import Database

Mode = Literal["append", "overwrite", "ignore", "error_if_exists", "merge", "overwrite_partitions"]

_RECORDED: Final = ("append", "error_if_exists")
"""Modes in which a try must know what the one before it did; the others come to the same however often they run."""


class MoltresToTableOperator(MoltresOperator):
    """Write what an upstream task handed over into a table, atomically.

    A retry never doubles rows: an ``append`` is recorded in the target database, in the transaction of its rows, under
    ``run_key``, and a try that finds its key there writes nothing.

    Args:
        table_name: The target, ``name`` or ``schema.name``. Template field.
        input_key: XCom key of the rows. Defaults to the key under which the upstream task hands them over. Template
            field.
        input_task_id: The task that pushed them. Defaults to the one upstream task that has. Template field.
        mode: ``"append"`` (the default), ``"overwrite"``, ``"ignore"``, ``"error_if_exists"``, ``"merge"`` (needs
            ``keys``) or ``"overwrite_partitions"`` (needs ``partition_by``).
        if_exists: Another name for ``mode``.
        keys: Columns that identify a row, for ``merge``. Template field.
        partition_by: Columns whose values name the partitions to replace. Template field.
        run_key: What the load is recorded under. Defaults to DAG, task, run and map index, the same at every try; False
            records nothing, and a retry may append twice. Template field.
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
        *MoltresOperator.template_fields,
        "table_name",
        "input_key",
        "input_task_id",
        "keys",
        "partition_by",
        "run_key",
        "input_conn_id",
    )

    def __init__(
        self,
        *,
        table_name: str,
        input_key: str | None = None,
        input_task_id: str | None = None,
        mode: Mode | None = None,
        if_exists: Mode | None = None,
        keys: str | Sequence[str] | None = None,
        partition_by: str | Sequence[str] | None = None,
        run_key: str | Literal[False] | None = None,
        drop_staged: bool = False,
        input_dsn: str | URL | Dsn | None = None,
        input_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        problems = [
            *arguments.text("table_name", table_name),
            *arguments.mode(mode, if_exists, keys, partition_by, get_args(Mode)),
            *arguments.addresses(
                {"input_dsn": input_dsn, "input_conn_id": input_conn_id}, default_args_of(kwargs), needed=False
            ),
        ]
        super().__init__(problems=problems, **kwargs)
        self.table_name = table_name
        self.input_key = input_key
        self.input_task_id = input_task_id
        self.mode: Mode = mode or if_exists or "append"
        self.keys = keys
        self.partition_by = partition_by
        self.run_key = run_key
        self.drop_staged = drop_staged
        self.input_dsn = None if input_dsn is None else Dsn(input_dsn)
        self.input_conn_id = input_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Write the rows.

        Returns:
            ``success``, ``table_name``, ``mode``, ``rows_written`` and ``skipped`` (nothing done: an earlier try has
            written these rows, or ``ignore`` found a table); the same is pushed under ``output_key``.

        Raises:
            AirflowException: If it failed and a retry can help.
            AirflowFailException: If it failed and a retry cannot help.
        """
        with airflow_errors():
            value = find_input(self, context, input_key=self.input_key, input_task_id=self.input_task_id)
            run_key = self._key(self.run_name(context))
            result = self.run(lambda database: self._write(database, value, run_key))
            self.push(context, result)
        return result

    def _write(self, database: Database, value: Any, run_key: str | None) -> dict[str, Any]:
        with ExitStack() as stack:
            source = database
            if self.input_dsn is not None or self.input_conn_id is not None:
                target = stack.enter_context(engine_of(self.input_dsn, self.input_conn_id))
                source = stack.enter_context(self.connected(target))
            written = database.write(pick_up(source, value)).save_as_table(
                self.table_name,
                mode=self.mode,
                keys=_names(self.keys),
                partition_by=_names(self.partition_by),
                run_key=run_key,
            )
            self.lineage = Lineage(
                inputs=handed_over(source, value),
                outputs=(table(database, self.table_name),),
                rows_written=written.rows_written,
            )
            if self.drop_staged:
                drop_staged(source, value)
        if written.skipped and run_key is not None:
            self.log.warning("An earlier try has written these rows already: nothing was added. run_key=%s", run_key)
        return {
            "success": True,
            "table_name": written.table_name,
            "mode": self.mode,
            "rows_written": written.rows_written,
            "skipped": written.skipped,
        }

    def _key(self, run_name: str | None) -> str | None:
        if self.run_key is None:
            return run_name if self.mode in _RECORDED else None
        return self.run_key or None


def _names(columns: str | Sequence[str] | None) -> list[str] | None:
    return [columns] if isinstance(columns, str) else list(columns) if columns else None
