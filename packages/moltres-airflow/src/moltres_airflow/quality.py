"""The operator that judges rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dq_core import Report, validate
from moltres import connect
from moltres.task import numeric_columns, rows_to_check
from moltres_airflow import arguments
from moltres_airflow.base import MoltresOperator
from moltres_airflow.inputs import find_input
from moltres_airflow.queries import QUERY_FIELDS, function_and_sql, query_of, query_problems
from moltres_airflow.rendered import checks_of
from moltres_airflow.rules import rule_problems, templated
from moltres_airflow.running import execution, run
from moltres_airflow.templates import templates_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow.sdk import Context

    from moltres import Database
    from moltres.task import Query
    from moltres_airflow.rendered import Rendered


class MoltresDataQualityOperator(MoltresOperator):
    """Check rows inside the database, and stop the DAG if they are not right.

    The report is pushed before the task fails, so that whoever looks into the failure finds it.

    Args:
        query: Gets the database and returns the DataFrame to check; a parameter named ``context`` gets the context of
            the run. Or SQL, or the name of a ``.sql`` file: a template. Without it, the rows are checked which an
            upstream task handed over.
        parameters: Values for the ``:name`` of SQL, never part of its text. Template field.
        op_kwargs: Further arguments of the function. Template field.
        checks: The checks: made by ``DataQualityCheck``, or dicts such as ``{"type": "not_null", "column": "id"}``.
            Template field: every string in them is rendered.
        fail_on_error: Whether the task fails if a check of severity error or critical does.
        fail_fast: Whether the checks behind the first failure are skipped.
        thresholds: Share of rows that must pass, by name of the check, in place of the check's own. Template field.
        samples: How many failing rows the report shows for each check.
        mask: Columns whose values the report shows as ``***``.
        semantics: ``"database"`` takes rules as a database means them that dq_core has no conformance suite for.
        input_key: XCom key of the rows to check. Template field.
        input_task_id: The task that pushed them. Template field.
        **kwargs: Arguments of :class:`~moltres_airflow.base.MoltresOperator` (``dsn``, ``session``, ``conn_id``,
            ``query_timeout``, ``output_key`` which defaults to ``{task_id}_quality_report``, ``do_xcom_push``) and of
            BaseOperator.

    Raises:
        ConfigurationError: While the DAG is parsed, if anything is wrong with the arguments or the checks.
    """

    template_fields: Sequence[str] = (
        *MoltresOperator.template_fields,
        *QUERY_FIELDS,
        "checks",
        "thresholds",
        "input_key",
        "input_task_id",
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql", "parameters": "json", "op_kwargs": "json"}  # noqa: RUF012 - Airflow's way
    shallow_copy_attrs: Sequence[str] = (*MoltresOperator.shallow_copy_attrs, "checks", "given_checks")
    output_suffix = "_quality_report"

    def __init__(
        self,
        *,
        checks: Sequence[Any],
        query: Callable[..., Any] | str | None = None,
        parameters: Mapping[str, Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        fail_on_error: bool = True,
        fail_fast: bool = False,
        thresholds: Mapping[str, float | str] | str | None = None,
        samples: int = 5,
        mask: Sequence[str] = (),
        semantics: str = "portable",
        input_key: str | None = None,
        input_task_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        reads = input_key is not None or input_task_id is not None
        problems = [*rule_problems(checks, thresholds)]
        problems += arguments.of_report(samples, mask, semantics, fail_on_error=fail_on_error, fail_fast=fail_fast)
        problems += arguments.names({"input_key": input_key, "input_task_id": input_task_id})
        if query is not None:
            problems += query_problems(query, parameters, op_kwargs, inputs=False)
            if reads:
                problems.append("query makes the rows itself: leave out input_key and input_task_id, or query.")
        elif parameters is not None or op_kwargs is not None:
            problems.append("parameters and op_kwargs are for query, which is not given.")
        super().__init__(problems=problems, **kwargs)
        self.checks = self.given_checks = templated(checks)
        self.query, self.sql = (None, None) if query is None else function_and_sql(query)
        self.parameters = parameters
        self.op_kwargs = op_kwargs
        self.fail_on_error, self.fail_fast, self.thresholds = fail_on_error, fail_fast, thresholds
        self.samples, self.mask, self.semantics = samples, mask, semantics
        self.input_key, self.input_task_id = input_key, input_task_id
        self.templates = templates_of(self)

    def execute(self, context: Context) -> Report:
        """Check the rows.

        Returns:
            The report; the same is pushed under ``output_key``, as plain JSON.

        Raises:
            AirflowException: If the checks could not be run and a retry can help.
            AirflowFailException: If the checks failed, or could not be run and a retry cannot help.
        """
        with execution(self, context):
            checks, query, value = checks_of(self), None, None
            if self.query is not None or self.sql is not None:
                query = query_of(self, context)
            else:
                value = find_input(self, context, input_key=self.input_key, input_task_id=self.input_task_id)
            report = run(self, lambda database: self._validate(database, query, value, checks))
            self.push(context, report.to_dict())
            self.log.info("%s", report.to_text())
            if self.fail_on_error:
                report.raise_if_failed()
        return report

    def _validate(self, database: Database, query: Query | None, value: Any, checks: Sequence[Rendered]) -> Report:
        # On one connection of ours, so that the time limit and a kill reach what dq_core runs on it.
        with database.connection() as connection:
            rows, self.lineage = rows_to_check(connect(connection), query, value)
            numeric = numeric_columns(rows)
            rules = [check.on(numeric) for check in checks]
            self.report = validate(
                rows,
                rules,
                fail_fast=self.fail_fast,
                samples=self.samples,
                mask=self.mask,
                semantics=self.semantics,
            )
            return self.report
