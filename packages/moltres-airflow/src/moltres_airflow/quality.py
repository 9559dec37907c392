"""The operator that judges rows."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from dq_core import Report, validate
from dq_core.checks import parse
from dq_core.errors import RuleError
from moltres import connect
from moltres.errors import ConfigurationError, closest
from moltres.handoff import pick_up
from moltres_airflow import arguments
from moltres_airflow.base import MoltresOperator
from moltres_airflow.database import airflow_errors
from moltres_airflow.inputs import find_input
from moltres_airflow.lineage import Lineage, handed_over, tables_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow.sdk import Context

    from moltres import Database


class MoltresDataQualityOperator(MoltresOperator):
    """Check rows inside the database, and stop the DAG if they are not right.

    The report is pushed before the task fails, so that whoever looks into the failure finds it.

    Args:
        query: Gets the database and returns the DataFrame to check. Without it, the rows are checked which an upstream
            task handed over.
        checks: The checks: made by ``DataQualityCheck``, or dicts such as ``{"type": "not_null", "column": "id"}``.
        fail_on_error: Whether the task fails if a check of severity error or critical does.
        fail_fast: Whether the checks behind the first failure are skipped.
        thresholds: Share of rows that must pass, by name of the check, in place of the check's own. Template field.
        samples: How many failing rows the report shows for each check.
        mask: Columns whose values the report shows as ``***``.
        input_key: XCom key of the rows to check. Template field.
        input_task_id: The task that pushed them. Template field.
        **kwargs: Arguments of :class:`~moltres_airflow.base.MoltresOperator` (``dsn``, ``session``, ``conn_id``,
            ``query_timeout``, ``output_key`` which defaults to ``{task_id}_quality_report``, ``do_xcom_push``) and of
            BaseOperator.

    Raises:
        ConfigurationError: While the DAG is parsed, if anything is wrong with the arguments or the checks.
    """

    template_fields: Sequence[str] = (*MoltresOperator.template_fields, "thresholds", "input_key", "input_task_id")
    shallow_copy_attrs: Sequence[str] = (*MoltresOperator.shallow_copy_attrs, "checks")
    output_suffix = "_quality_report"

    def __init__(
        self,
        *,
        checks: Sequence[Any],
        query: Callable[..., Any] | None = None,
        fail_on_error: bool = True,
        fail_fast: bool = False,
        thresholds: Mapping[str, float | str] | None = None,
        samples: int = 5,
        mask: Sequence[str] = (),
        input_key: str | None = None,
        input_task_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        parsed, problems = _parsed(checks)
        if not problems:
            problems += _threshold_problems(parsed, thresholds or {})
        if query is not None:
            problems += arguments.function("query", query, "a function of the database that returns a DataFrame")
            if input_key is not None or input_task_id is not None:
                problems.append("query makes the rows itself: leave out input_key and input_task_id, or query")
        super().__init__(problems=problems, **kwargs)
        self.checks = parsed
        self.query = query
        self.fail_on_error = fail_on_error
        self.fail_fast = fail_fast
        self.thresholds = thresholds
        self.samples = samples
        self.mask = mask
        self.input_key = input_key
        self.input_task_id = input_task_id

    def execute(self, context: Context) -> Report:
        """Check the rows.

        Returns:
            The report; the same is pushed under ``output_key``, as plain JSON.

        Raises:
            AirflowException: If the checks could not be run and a retry can help.
            AirflowFailException: If the checks failed, or could not be run and a retry cannot help.
        """
        with airflow_errors():
            checks = tuple(_with_threshold(check, self.thresholds or {}) for check in self.checks)
            value = None
            if self.query is None:
                value = find_input(self, context, input_key=self.input_key, input_task_id=self.input_task_id)
            report = self.run(lambda database: self._validate(database, value, checks))
            self.push(context, report.to_dict())
            self.log.info("%s", report.to_text())
            if self.fail_on_error:
                report.raise_if_failed()
        return report

    def _validate(self, database: Database, value: Any, checks: Sequence[Any]) -> Report:
        # On one connection of ours, so that the time limit and a kill reach what dq_core runs on it.
        with database.connection() as connection:
            here = connect(connection)
            rows = pick_up(here, value) if self.query is None else self.frame(here, self.query)
            report = validate(rows, checks, fail_fast=self.fail_fast, samples=self.samples, mask=self.mask)
            read = handed_over(here, value) if self.query is None else tables_in(rows)
            self.lineage = Lineage(inputs=read, report=report)
            return report


def _parsed(checks: Any) -> tuple[tuple[Any, ...], list[str]]:
    try:
        return tuple(parse(checks)), []
    except RuleError as error:
        return (), [f"checks: {problem}" for problem in error.problems]


def _threshold_problems(checks: Sequence[Any], thresholds: Mapping[str, Any]) -> Iterator[str]:
    labels = {check.label: check for check in checks}
    for name, share in thresholds.items():
        if name not in labels:
            match = closest(name, labels)
            yield f"thresholds: no check is called {name!r}" + (f" (did you mean {match!r}?)" if match else "")
        elif not isinstance(share, str):  # text may be a template, rendered when the task runs
            try:
                _with_threshold(labels[name], thresholds)
            except (ConfigurationError, RuleError) as error:
                yield f"thresholds: {error.message}"


def _with_threshold(check: Any, thresholds: Mapping[str, Any]) -> Any:
    if check.label not in thresholds:
        return check
    share = thresholds[check.label]
    try:
        number = float(share)
    except (TypeError, ValueError):
        raise ConfigurationError(f"The threshold of {check.label!r} must be a number, got {share!r}.") from None
    return dataclasses.replace(check, threshold=number)
