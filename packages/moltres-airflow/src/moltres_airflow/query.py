"""The operator that hands rows over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moltres.handoff import MAX_INLINE_ROWS
from moltres.task import HandoffOptions, refuse, run_query
from moltres_airflow import arguments
from moltres_airflow.base import MoltresOperator
from moltres_airflow.inputs import find_input
from moltres_airflow.instances import name_of
from moltres_airflow.queries import QUERY_FIELDS, function_and_sql, query_of, query_problems
from moltres_airflow.running import execution, run
from moltres_airflow.templates import templates_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from airflow.sdk import Context

    from moltres import Database, Records
    from moltres.handoff import Reference
    from moltres.task import Query
    from moltres.task.options import Handoff


class MoltresQueryOperator(MoltresOperator):
    """Run a query and hand its rows to the tasks downstream.

    Few rows are handed over as they are, through XCom, with their types. Many stay in the database (a staged table) or
    go to Parquet, and XCom holds a reference.

    Args:
        query: Gets the database and returns a DataFrame. With ``input_key`` or ``input_task_id`` it also gets what the
            upstream task handed over, as a DataFrame; a parameter named ``context`` gets the context of the run. Or
            SQL, or the name of a ``.sql`` file: a template.
        parameters: Values for the ``:name`` of SQL, never part of its text. Template field.
        op_kwargs: Further arguments of the function. Template field.
        max_inline_rows: Up to so many rows are handed over inline.
        handoff: ``"auto"``, ``"inline"``, ``"table"`` or ``"parquet"``.
        stage_uri: Folder (path or URI) for Parquet. Template field.
        input_key: XCom key of the rows that the query reads. Template field.
        input_task_id: The task that pushed them, or several: the query then gets an argument for each. Template field.
        **kwargs: Arguments of :class:`~moltres_airflow.base.MoltresOperator` (``dsn``, ``session``, ``conn_id``,
            ``query_timeout``, ``output_key`` which defaults to the task's id, ``do_xcom_push``) and of BaseOperator.

    Raises:
        ConfigurationError: While the DAG is parsed, if anything is wrong with the arguments.
    """

    template_fields: Sequence[str] = (
        *MoltresOperator.template_fields,
        *QUERY_FIELDS,
        "stage_uri",
        "input_key",
        "input_task_id",
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql", "parameters": "json", "op_kwargs": "json"}  # noqa: RUF012 - Airflow's way
    hands_over_rows = True

    def __init__(
        self,
        *,
        query: Callable[..., Any] | str,
        parameters: Mapping[str, Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        max_inline_rows: int = MAX_INLINE_ROWS,
        handoff: Handoff = "auto",
        stage_uri: str | Path | None = None,
        input_key: str | None = None,
        input_task_id: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        reads = input_key is not None or input_task_id is not None
        options = HandoffOptions(max_inline_rows=max_inline_rows, handoff=handoff, stage_uri=stage_uri)
        names = arguments.names({"input_key": input_key, "input_task_id": input_task_id}, several=("input_task_id",))
        problems = [*names, *query_problems(query, parameters, op_kwargs, inputs=reads), *options.problems()]
        super().__init__(problems=problems, **kwargs)
        self.query, self.sql = function_and_sql(query)
        self.parameters = parameters
        self.op_kwargs = op_kwargs
        self.max_inline_rows = max_inline_rows
        self.handoff = handoff
        self.stage_uri = None if stage_uri is None else str(stage_uri)
        self.input_key = input_key
        self.input_task_id = input_task_id
        self.templates = templates_of(self)

    def execute(self, context: Context) -> Records | Reference:
        """Run the query.

        Returns:
            The rows, or a reference to them; the same is pushed under ``output_key``.

        Raises:
            AirflowException: If it failed and a retry can help.
            AirflowFailException: If it failed and a retry cannot help.
        """
        with execution(self, context):
            query, inputs = query_of(self, context), self._inputs(context)
            name = name_of(context) or self.task_id
            result = run(self, lambda database: self._hand_over(database, query, inputs, name))
            self.push(context, result)
        return result

    def _inputs(self, context: Context) -> list[Any]:
        if self.input_key is None and self.input_task_id is None:
            return []
        ids = self.input_task_id
        refuse(f"Task {self.task_id!r}", arguments.names({"input_task_id": ids}, several=("input_task_id",)))
        names = [ids] if ids is None or isinstance(ids, str) else list(ids)
        return [find_input(self, context, input_key=self.input_key, input_task_id=name) for name in names]

    def _hand_over(self, database: Database, query: Query, inputs: list[Any], name: str) -> Records | Reference:
        options = HandoffOptions(max_inline_rows=self.max_inline_rows, handoff=self.handoff, stage_uri=self.stage_uri)
        outcome = run_query(database, query, inputs, name=name, options=options)
        self.lineage = outcome.lineage
        self.log.info("%s", outcome.summary)
        return outcome.value
